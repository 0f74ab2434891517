"""The protocol between the kit and an implementation behind an adapter: messages, shapes, transports."""
