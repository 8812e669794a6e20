"""Who may sign in?"""
