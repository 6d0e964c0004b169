"""Which descriptors are nearest to a query: exactly in one pass, or nearly so by faiss, whose only home this is."""
