//! The environment of every command: the project's folders, the tool cache, and the PATH and toolchain with which
//! programs are started.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders, PATH and toolchain for the programs that a command starts.
pub struct Env {
    /// The project's root folder.
    pub project: PathBuf,
    /// The tool cache: one folder per tool and version, apart from tools that the user has installed.
    pub cache: PathBuf,
    /// The rustup toolchain to use instead of the user's default, where that can't compile for wasm32.
    pub toolchain: Option<&'static str>,
    /// Folders that come before the user's on PATH.
    pub path_prefix: Vec<PathBuf>,
}

impl Env {
    /// The environment before any tool is installed: `path_prefix` is empty.
    pub fn detect() -> Result<Self, String> {
        let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let project = Path::new(&xtask)
            .parent()
            .ok_or("The project's folder can't be found; type the command inside it, as `cargo xtask …`.")?
            .to_owned();
        let cargo_home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(env::home_dir()?.join(".cargo")))
            .ok_or("Neither CARGO_HOME nor a home folder is set; set CARGO_HOME to a folder for tools.")?;
        Ok(Self { project, cache: cargo_home.join("natter"), toolchain: None, path_prefix: Vec::new() })
    }

    /// A program with this environment, run in the project's folder.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.project).env("PATH", self.path());
        // `cargo run` sets variables that describe xtask. Another cargo would pass them to build scripts and count them
        // in its fingerprints, and so build everything anew.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_set_for_xtask) {
                command.env_remove(name);
            }
        }
        if let Some(toolchain) = self.toolchain {
            command.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        command
    }

    /// Cargo's target folder.
    pub fn target_dir(&self) -> PathBuf {
        self.project.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
    }

    /// A log file in the cache.
    pub fn log(&self, name: &str) -> PathBuf {
        self.cache.join("logs").join(format!("{name}.log"))
    }

    /// The first program of this name on this environment's PATH.
    pub fn which(&self, program: &str) -> Option<PathBuf> {
        let file = format!("{program}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.path()).map(|folder| folder.join(&file)).find(|path| is_executable(path))
    }

    fn path(&self) -> OsString {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let folders = self.path_prefix.iter().cloned().chain(env::split_paths(&inherited));
        env::join_paths(folders).unwrap_or(inherited)
    }
}

fn is_set_for_xtask(name: &str) -> bool {
    name == "CARGO"
        || name == "RUSTUP_TOOLCHAIN_SOURCE"
        || ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}
