"""What a spec says and means, as frozen data: everything else stands on this package."""
