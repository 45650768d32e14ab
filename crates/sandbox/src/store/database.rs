//! Opening the database: a file, or memory.

use std::path::PathBuf;

use rusqlite::Connection;

use crate::tokens;

#[derive(Clone, Debug)]
pub enum DatabaseLocation {
    Memory,
    File(PathBuf),
}

impl DatabaseLocation {
    /// Opens the database and brings it to the current schema. The second value is true if it was empty. The error is a
    /// sentence for whoever started the sandbox.
    pub fn open(&self) -> Result<(Connection, bool), String> {
        let (opened, name) = match self {
            Self::Memory => (Connection::open_in_memory(), "the database in memory".to_owned()),
            Self::File(path) => (Connection::open(path), format!("the database {}", path.display())),
        };
        let migrated = opened.and_then(|db| migrate(&db).map(|schema| (db, schema)));
        match migrated.map_err(|error| format!("{name}: {error}"))? {
            (db, Schema::New) => Ok((db, true)),
            (db, Schema::Existing) => Ok((db, false)),
            (_, Schema::Unknown(version)) => Err(format!(
                "{name} has schema version {version}; this sandbox knows versions up to {}",
                MIGRATIONS.len()
            )),
        }
    }
}

/// The database's own random key, which signs links to files.
pub fn secret(db: &Connection) -> rusqlite::Result<String> {
    let new = tokens::random(SECRET_LENGTH);
    db.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('secret', ?1)", [&new])?;
    db.query_row("SELECT value FROM meta WHERE key = 'secret'", [], |row| row.get(0))
}

const SECRET_LENGTH: usize = 48;

enum Schema {
    New,
    Existing,
    /// Of a newer sandbox, or of another program.
    Unknown(i64),
}

/// From each schema version to the next; one that was released never changes.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/1_schema.sql"),
    include_str!("migrations/2_notifications.sql"),
    include_str!("migrations/3_chatwoot_4_16.sql"),
];

fn migrate(db: &Connection) -> rusqlite::Result<Schema> {
    // FULL: an acknowledged message survives a power cut; batched commits keep that cheap.
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
    )?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let Some(pending) = usize::try_from(version).ok().and_then(|version| MIGRATIONS.get(version..)) else {
        return Ok(Schema::Unknown(version));
    };
    let mut reached = version;
    for migration in pending {
        reached += 1;
        db.execute_batch(&format!("BEGIN; {migration} PRAGMA user_version = {reached}; COMMIT;"))?;
    }
    Ok(if version == 0 { Schema::New } else { Schema::Existing })
}

/// About twice the number of different statements.
const STATEMENTS_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_file_is_new_once() {
        let folder = tempfile::tempdir().unwrap();
        let location = DatabaseLocation::File(folder.path().join("sandbox.sqlite3"));
        assert!(location.open().unwrap().1);
        assert!(!location.open().unwrap().1);
    }

    #[test]
    fn a_database_of_an_unknown_schema_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.sqlite3");
        Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
        assert!(DatabaseLocation::File(path).open().unwrap_err().contains("version 7"));
    }

    #[test]
    fn a_database_of_an_older_schema_version_is_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.sqlite3");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(&format!("{} PRAGMA user_version = 1;", MIGRATIONS[0])).unwrap();
        old.execute("INSERT INTO accounts (name) VALUES ('kept')", []).unwrap();
        drop(old);
        let (db, is_new) = DatabaseLocation::File(path).open().unwrap();
        assert!(!is_new);
        let kept: String = db.query_row("SELECT name FROM accounts", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "kept");
        db.execute("DELETE FROM notifications", []).unwrap();
    }

    #[test]
    fn the_database_keeps_its_secret() {
        let (db, _) = DatabaseLocation::Memory.open().unwrap();
        assert_eq!(secret(&db).unwrap(), secret(&db).unwrap());
    }
}
