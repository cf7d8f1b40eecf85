"""Results of the old shape: loose JSON dictionaries without a contract.

``reading`` maps them to the values of today, whole, or refuses them and names every pointer that has no place;
``sending`` writes the values of today in the old shape, for servers that know nothing else. ``vocabulary`` holds the
words of the old shape, for both ways.
"""
