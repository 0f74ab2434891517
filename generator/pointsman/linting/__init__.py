"""The lint rules, what they read, and the inline ignores that silence a finding."""
