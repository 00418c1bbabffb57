"""What collectors talk to: `/api/v1/events` for relays, `/api/0` for ActivityWatch's own clients."""
