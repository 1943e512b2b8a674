from django.db import migrations

TABLES = ("kernel_auditline", "kernel_headcode")


def forbid(apps, editor):
    for table in TABLES:
        if editor.connection.vendor == "sqlite":
            for deed in ("UPDATE", "DELETE"):
                editor.execute(f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                               f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")
            # REPLACE deletes without firing the delete trigger unless recursive triggers are on.
            unique = {"kernel_auditline": "chain = NEW.chain AND seq = NEW.seq", "kernel_headcode": '"on" = NEW."on"'}[table]
            editor.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                           f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {unique} OR id = NEW.id) "
                           f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")
        else:
            editor.execute(f"""CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '{table} is append-only'; END $$""")
            editor.execute(f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
                           f"FOR EACH ROW EXECUTE FUNCTION {table}_append_only()")
            editor.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                           f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()")


def allow(apps, editor):
    for table in TABLES:
        if editor.connection.vendor == "sqlite":
            for name in ("update", "delete", "replace"):
                editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{name}")
        else:
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}")
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")
            editor.execute(f"DROP FUNCTION IF EXISTS {table}_append_only()")


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunPython(forbid, allow)]
