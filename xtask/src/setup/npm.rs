//! Installs npm packages, each in a folder of its own in the cache, with the hashes that are committed.
//!
//! `xtask/npm` has for every package a `package.json` with its version, and a `package-lock.json` with the hash of every
//! package in its dependency tree. To lock another version: change it in `versions.rs` and in `package.json`, remove the
//! lock file, type `npm install --package-lock-only --omit-lockfile-registry-resolved` in that folder, and remove the
//! `funding` entries from the lock file, since they contain URLs. Where several versions of a package are used, the
//! folder's name ends with the version.

use crate::env::Env;
use crate::steps::run_step;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The time limit of one installation. A few megabytes take seconds; a network that drops packets must not block a build.
const INSTALL_TIME_MAX: Duration = Duration::from_secs(90);

/// An npm package, of which one file is wanted.
pub struct Package {
    /// Its name at npm.
    pub name: &'static str,
    /// Its exact version.
    pub version: &'static str,
    /// The wanted file or folder below `node_modules`; programs are in `.bin`.
    pub file: &'static str,
}

/// Why a package is not installed.
#[derive(Debug)]
pub enum Missing {
    /// This machine has no npm, or reaches no registry.
    Unavailable(String),
    /// An error that must end the command, such as a package with another hash than the locked one.
    Failed(String),
}

impl From<Missing> for String {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Unavailable(sentence) | Missing::Failed(sentence) => sentence,
        }
    }
}

/// A copy of the lock file that the installation was made by. It is written last, so an interrupted installation has none.
const INSTALLED_BY: &str = "installed-by.json";

impl Package {
    /// The path of its file, installed or not.
    pub fn path(&self, env: &Env) -> PathBuf {
        self.node_modules(env).join(self.file)
    }

    /// The folder with it and its dependencies.
    pub fn node_modules(&self, env: &Env) -> PathBuf {
        self.root(env).join("node_modules")
    }

    /// Whether it is installed by the present lock file.
    pub fn is_installed(&self, env: &Env) -> bool {
        let lock = std::fs::read(self.locked(env).join("package-lock.json")).ok();
        let installed_by = std::fs::read(self.root(env).join(INSTALLED_BY)).ok();
        self.path(env).exists() && lock.is_some() && lock == installed_by
    }

    /// Installs it when it is missing, and returns the path of its file.
    pub fn ensure(&self, env: &Env) -> Result<PathBuf, Missing> {
        if !self.is_installed(env) {
            if env.which("npm").is_none() {
                return Err(Missing::Unavailable(format!("{} needs npm, which is not on PATH.", self.name)));
            }
            self.install(env, Some(INSTALL_TIME_MAX))?;
        }
        Ok(self.path(env))
    }

    /// Has npm install what is locked. The time has no limit without `limit`.
    pub fn install(&self, env: &Env, limit: Option<Duration>) -> Result<(), Missing> {
        self.install_with(env.command("npm"), env, limit)
    }

    fn install_with(&self, mut npm: Command, env: &Env, limit: Option<Duration>) -> Result<(), Missing> {
        let (name, locked, root) = (self.name, self.locked(env), self.root(env));
        // npm looks for a package.json in the folders above, too; this one ends its search.
        let files = ["package.json", "package-lock.json"];
        let copied = std::fs::create_dir_all(&root).and_then(|()| {
            files.iter().try_for_each(|file| std::fs::copy(locked.join(file), root.join(file)).map(drop))
        });
        copied.map_err(|error| {
            Missing::Failed(format!("{} can't be copied to {}: {error}.", locked.display(), root.display()))
        })?;
        npm.current_dir(&root).args([
            "ci",
            // They override the user's configuration.
            "--include=prod",
            "--include=optional",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        let log = env.log(&self.folder_name());
        if run_step(&format!("installing {name}@{}", self.version), &log, limit, &mut npm).is_err() {
            let output = std::fs::read(&log).unwrap_or_default();
            return Err(self.explain_failure(&String::from_utf8_lossy(&output), &locked, &log));
        }
        if let Some(missing) = missing_dependency(&root) {
            return Err(Missing::Failed(format!(
                "npm has not installed {missing}, which {name} needs on this machine: either its hash is not the one that \
                 {} has locked, or the registry does not have it now. Try again; if it fails again, don't use it.",
                locked.display(),
            )));
        }
        std::fs::copy(root.join("package-lock.json"), root.join(INSTALLED_BY))
            .map(drop)
            .map_err(|error| Missing::Failed(format!("{} can't be written: {error}.", root.display())))
    }

    /// The meaning of npm's output when it failed.
    fn explain_failure(&self, output: &str, locked: &Path, log: &Path) -> Missing {
        let (name, locked, log) = (self.name, locked.display(), log.display());
        if output.contains("EINTEGRITY") {
            return Missing::Failed(format!(
                "The registry's {name}, or a dependency of it, has another hash than {locked} has locked; it was not \
                 installed. {log} has both hashes."
            ));
        }
        if output.contains("EUSAGE") {
            return Missing::Failed(format!(
                "npm can't install {name} by the files in {locked}; {log} has its output."
            ));
        }
        Missing::Unavailable(format!("npm can't install {name}; {log} has its output."))
    }

    /// Its name, as a folder has it.
    fn folder_name(&self) -> String {
        self.name.replace('@', "").replace('/', "-")
    }

    /// The folder with its lock file.
    fn locked(&self, env: &Env) -> PathBuf {
        let folder = env.project.join("xtask/npm");
        let with_version = folder.join(format!("{}-{}", self.folder_name(), self.version));
        if with_version.exists() { with_version } else { folder.join(self.folder_name()) }
    }

    fn root(&self, env: &Env) -> PathBuf {
        env.cache.join(format!("{}-{}", self.folder_name(), self.version))
    }
}

/// A locked package for this machine that npm has not installed. npm ignores every failure of an optional dependency,
/// a wrong hash included, and dependencies for one operating system or processor are always optional.
fn missing_dependency(root: &Path) -> Option<String> {
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
        |key: &str, name: &str| package[key].as_array().is_none_or(|list| list.iter().any(|item| item == name));
    allows("os", system) && allows("cpu", processor)
}

#[cfg(test)]
mod tests;
