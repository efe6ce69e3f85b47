"""A local stand-in for Customer.io's Track and App APIs.

Written from Customer.io's documentation alone. It imports nothing of the
program's, so that a misreading in the client cannot hide in it. The server is
`server.Sandbox`; nothing is imported here, so that the command line can know the
sandbox's options without it.
"""
