"""A local stand-in for Customer.io's Track and App APIs.

It is written from Customer.io's documentation alone, and shares no code with the
client, so that it does not repeat the client's errors. The server is
`server.Sandbox`. Nothing is imported here, so that the command line can read the
sandbox's options without aiohttp.
"""
