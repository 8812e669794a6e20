"""What do the validators' answers come to?"""
