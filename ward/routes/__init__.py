"""The routes of the ward page, one file a resource."""
