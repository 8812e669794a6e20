"""Who orders more than seems right?"""
