//! Where everything is: the project, the tool cache, and the environment its programs are run in.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The places and the environment of every program that a command starts.
pub struct Workbench {
    /// The project's folder.
    pub project: PathBuf,
    /// The tool cache: one folder per tool and version, so that two versions never meet and a
    /// user's own tools are left alone.
    pub cache: PathBuf,
    /// The rustup toolchain to use where it is not the user's own.
    pub toolchain: Option<&'static str>,
    /// Folders that come first on PATH.
    pub bins: Vec<PathBuf>,
}

impl Workbench {
    /// The bench as found, with no tools on it.
    pub fn find() -> Result<Self, String> {
        let xtask = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let project = Path::new(&xtask)
            .parent()
            .ok_or("The project's folder can't be found; type the command inside it, as `cargo xtask …`.")?
            .to_owned();
        let cargo_home = env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(env::home_dir()?.join(".cargo")))
            .ok_or("Neither CARGO_HOME nor a home folder is set; set CARGO_HOME to a folder for tools.")?;
        Ok(Self { project, cache: cargo_home.join("natter"), toolchain: None, bins: Vec::new() })
    }

    /// A program of the bench, run in the project's folder.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.project).env("PATH", self.path());
        // What `cargo run` tells xtask about itself must not reach another cargo: build scripts
        // and fingerprints would see it, and everything would be built anew beside plain cargo.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_about_xtask) {
                command.env_remove(name);
            }
        }
        if let Some(toolchain) = self.toolchain {
            command.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        command
    }

    /// Cargo's target folder.
    pub fn target(&self) -> PathBuf {
        let named = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        self.project.join(named)
    }

    /// The first program of this name on the bench's PATH.
    pub fn which(&self, program: &str) -> Option<PathBuf> {
        let file = format!("{program}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.path()).map(|folder| folder.join(&file)).find(|path| is_program(path))
    }

    fn path(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let all = self.bins.iter().cloned().chain(env::split_paths(&rest));
        env::join_paths(all).unwrap_or(rest)
    }
}

fn is_about_xtask(name: &str) -> bool {
    name == "CARGO"
        || name == "RUSTUP_TOOLCHAIN_SOURCE"
        || ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|start| name.starts_with(start))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
