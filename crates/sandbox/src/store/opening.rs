//! Opening the database: a file that survives, or memory that doesn't.

use std::path::PathBuf;

use rusqlite::Connection;

/// Where the database is.
#[derive(Clone, Debug)]
pub enum Place {
    Memory,
    File(PathBuf),
}

impl Place {
    /// Opens it and brings an empty one to the present schema. `true`: it was empty.
    pub fn open(&self) -> Result<(Connection, bool), String> {
        let opened = match self {
            Self::Memory => Connection::open_in_memory(),
            Self::File(path) => Connection::open(path),
        };
        let named = match self {
            Self::Memory => "the database in memory".to_owned(),
            Self::File(path) => format!("the database {}", path.display()),
        };
        opened
            .and_then(|db| prepare(&db).map(|fresh| (db, fresh)))
            .map_err(|error| format!("{named}: {error}"))
            .and_then(|(db, fresh)| match fresh {
                Schema::Fresh => Ok((db, true)),
                Schema::Present => Ok((db, false)),
                Schema::Foreign(version) => Err(format!(
                    "{named} has schema version {version}; this sandbox knows versions up to {}",
                    STEPS.len()
                )),
            })
    }
}

/// A random key of this database's own, made once: it signs the links to files.
pub fn secret(db: &Connection) -> rusqlite::Result<String> {
    let made = crate::tokens::random(SECRET_LENGTH);
    db.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('secret', ?1)", [&made])?;
    db.query_row("SELECT value FROM meta WHERE key = 'secret'", [], |row| row.get(0))
}

const SECRET_LENGTH: usize = 48;

enum Schema {
    Fresh,
    Present,
    Foreign(i64),
}

/// What brings a database from each version to the next; a step that was released is never changed.
const STEPS: [&str; 3] = [include_str!("schema.sql"), include_str!("notifications.sql"), include_str!("ages.sql")];

fn prepare(db: &Connection) -> rusqlite::Result<Schema> {
    // FULL: an acknowledged message survives even a power cut; grouped commits keep that cheap.
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;",
    )?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let Some(steps) = usize::try_from(version).ok().and_then(|version| STEPS.get(version..)) else {
        return Ok(Schema::Foreign(version));
    };
    let mut reached = version;
    for step in steps {
        reached += 1;
        db.execute_batch(&format!("BEGIN; {step} PRAGMA user_version = {reached}; COMMIT;"))?;
    }
    Ok(if version == 0 { Schema::Fresh } else { Schema::Present })
}

/// About twice the number of different statements.
const STATEMENTS_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_fresh_once() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("sandbox.sqlite3"));
        assert!(place.open().unwrap().1);
        assert!(!place.open().unwrap().1);
    }

    #[test]
    fn a_file_of_another_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.sqlite3");
        Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
        assert!(Place::File(path).open().unwrap_err().contains("version 7"));
    }

    #[test]
    fn a_file_of_an_earlier_version_is_brought_along() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sandbox.sqlite3");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(&format!("{} PRAGMA user_version = 1;", STEPS[0])).unwrap();
        old.execute("INSERT INTO accounts (name) VALUES ('kept')", []).unwrap();
        drop(old);
        let (db, is_fresh) = Place::File(path).open().unwrap();
        assert!(!is_fresh);
        let kept: String = db.query_row("SELECT name FROM accounts", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, "kept");
        db.execute("DELETE FROM notifications", []).unwrap();
    }

    #[test]
    fn the_secret_stays() {
        let (db, _) = Place::Memory.open().unwrap();
        assert_eq!(secret(&db).unwrap(), secret(&db).unwrap());
    }
}
