"""`sync -cluster`: shards on the workers of a Dask cluster."""
