"""One function's provider is away: do the others of its service lose throughput?"""
