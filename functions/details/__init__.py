"""Can an order be meant as it is written?"""
