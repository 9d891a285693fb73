"""The central schema: tables, migrations, queries in .sql files, views for DBAs."""
