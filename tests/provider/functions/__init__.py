"""A post office: it weighs parcels, and sends letters through a provider that may be away."""
