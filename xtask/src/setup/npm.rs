//! Tools that come as npm packages, each in a folder of the cache that is its own.
//!
//! What is installed is what was locked: for every package, `xtask/npm` has a `package.json` that names its version and a
//! `package-lock.json` with the hash of every package of its whole tree. To lock another version, change both the pin
//! and the `package.json`, remove the lock file and type, in its folder,
//! `npm install --package-lock-only --omit-lockfile-registry-resolved`. Then remove what it says of funding: those are
//! addresses. Of a package that is wanted in several versions, the folder's name holds the version.

use crate::process::step;
use crate::workbench::Workbench;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// An npm package, of which one file is wanted.
pub struct Package {
    /// What npm calls it.
    pub name: &'static str,
    /// Exactly this one.
    pub version: &'static str,
    /// What it is wanted for: a file below `node_modules`; programs are in `.bin`.
    pub file: &'static str,
}

/// Why a package is not there.
#[derive(Debug)]
pub enum Missing {
    /// It can't be had from here: there is no npm, or nobody answers.
    Unavailable(String),
    /// Something is wrong that must not be passed over, such as a package that is not what was locked.
    Failed(String),
}

impl From<Missing> for String {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Unavailable(sentence) | Missing::Failed(sentence) => sentence,
        }
    }
}

/// The copy of the lock file beside what was installed by it; written last, so that an installation that was cut short
/// is none.
const INSTALLED_BY: &str = "installed-by.json";

impl Package {
    /// Where its file is, installed or not.
    pub fn path(&self, bench: &Workbench) -> PathBuf {
        self.folder(bench).join(self.file)
    }

    /// The folder that holds it and what it needs.
    pub fn folder(&self, bench: &Workbench) -> PathBuf {
        self.root(bench).join("node_modules")
    }

    /// Whether it is installed, as it is locked now.
    pub fn is_there(&self, bench: &Workbench) -> bool {
        let lock = std::fs::read(self.locked(bench).join("package-lock.json")).ok();
        let installed_by = std::fs::read(self.root(bench).join(INSTALLED_BY)).ok();
        self.path(bench).exists() && lock.is_some() && lock == installed_by
    }

    /// Installs it when it is missing, which may take so long, and tells where its file is, or why it is not there.
    pub fn ensure(&self, bench: &Workbench, limit: Duration) -> Result<PathBuf, Missing> {
        if !self.is_there(bench) {
            if bench.which("npm").is_none() {
                return Err(Missing::Unavailable(format!("{} comes by npm, which is not there.", self.name)));
            }
            self.install(bench, Some(limit))?;
        }
        Ok(self.path(bench))
    }

    /// Has npm install what is locked.
    pub fn install(&self, bench: &Workbench, limit: Option<Duration>) -> Result<(), Missing> {
        self.install_by(bench.command("npm"), bench, limit)
    }

    fn install_by(&self, mut npm: Command, bench: &Workbench, limit: Option<Duration>) -> Result<(), Missing> {
        let (name, locked, root) = (self.name, self.locked(bench), self.root(bench));
        // npm takes the nearest package.json above for the project; this one ends its search.
        let files = ["package.json", "package-lock.json"];
        let copied = std::fs::create_dir_all(&root).and_then(|()| {
            files.iter().try_for_each(|file| std::fs::copy(locked.join(file), root.join(file)).map(drop))
        });
        copied.map_err(|error| {
            Missing::Failed(format!("{} can't be copied to {}: {error}.", locked.display(), root.display()))
        })?;
        npm.current_dir(&root).args([
            "ci",
            // Whatever a person's own configuration says.
            "--include=prod",
            "--include=optional",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        let log = bench.cache.join("logs").join(format!("{}.log", self.plain_name()));
        if step(&format!("installing {name}@{}", self.version), &log, limit, &mut npm).is_err() {
            let words = std::fs::read(&log).unwrap_or_default();
            return Err(self.refused(&String::from_utf8_lossy(&words), &locked, &log));
        }
        if let Some(left_out) = left_out(&root) {
            return Err(Missing::Failed(format!(
                "npm has left out {left_out}, which {name} needs here: it is not what {} has locked, or npm can't have it \
                 now. Try again; if it stays so, don't use it.",
                locked.display(),
            )));
        }
        std::fs::copy(root.join("package-lock.json"), root.join(INSTALLED_BY))
            .map(drop)
            .map_err(|error| Missing::Failed(format!("{} can't be written: {error}.", root.display())))
    }

    /// What npm's own words about its failure mean.
    fn refused(&self, words: &str, locked: &Path, log: &Path) -> Missing {
        let (name, locked, log) = (self.name, locked.display(), log.display());
        if words.contains("EINTEGRITY") {
            return Missing::Failed(format!(
                "What npm was given as {name} or as a part of it has another hash than {locked} has locked; it was not \
                 installed. {log} has both hashes."
            ));
        }
        if words.contains("EUSAGE") {
            return Missing::Failed(format!("npm can't install {name} by what is in {locked}; {log} has its words."));
        }
        Missing::Unavailable(format!("npm can't install {name}; {log} has its words."))
    }

    /// Its name as a file's.
    fn plain_name(&self) -> String {
        self.name.replace('@', "").replace('/', "-")
    }

    /// Where it is locked.
    fn locked(&self, bench: &Workbench) -> PathBuf {
        let folder = bench.project.join("xtask/npm");
        let of_several_versions = folder.join(format!("{}-{}", self.plain_name(), self.version));
        if of_several_versions.exists() { of_several_versions } else { folder.join(self.plain_name()) }
    }

    fn root(&self, bench: &Workbench) -> PathBuf {
        bench.cache.join(format!("{}-{}", self.plain_name(), self.version))
    }
}

/// A package that is locked, made for this machine, and not installed. npm lets a package that is optional fail without
/// a word, a wrong hash included; the part that is made for a machine is always optional.
fn left_out(root: &Path) -> Option<String> {
    let read = |path: &str| -> Option<Value> {
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        Some(serde_json::from_str::<Value>(&text).ok()?["packages"].take())
    };
    let installed = read("node_modules/.package-lock.json").unwrap_or_default();
    let locked = read("package-lock.json").unwrap_or_default();
    let packages = locked.as_object().into_iter().flatten();
    let mut missing = packages.filter(|(path, package)| {
        !path.is_empty()
            && is_for_this_machine(package)
            && installed[path.as_str()]["integrity"] != package["integrity"]
    });
    missing.next().map(|(path, _)| path.trim_start_matches("node_modules/").to_owned())
}

fn is_for_this_machine(package: &Value) -> bool {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "x86" => "ia32",
        "aarch64" => "arm64",
        other => other,
    };
    let allows =
        |key: &str, word: &str| package[key].as_array().is_none_or(|list| list.iter().any(|item| item == word));
    allows("os", system) && allows("cpu", processor)
}

#[cfg(test)]
mod tests;
