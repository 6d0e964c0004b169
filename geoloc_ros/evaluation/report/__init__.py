"""A localized drive on one page of HTML that needs nothing but a browser."""
