"""The pages for a browser: what all of them share.

Each page is one file that loads nothing from the network. The commands have the
templates of their own pages.
"""
