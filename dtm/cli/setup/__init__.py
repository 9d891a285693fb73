"""DBA scripts that create the owners of the schemas, and the demo application."""
