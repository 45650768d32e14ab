//! Debian and its kin: installing packages as root, or with a sudo that asks for no password.

use crate::process::{answer, step};
use crate::workbench::Workbench;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// A machine on which packages can be installed.
pub struct Debian {
    sudo: bool,
}

/// This machine, when it is a Debian (or Ubuntu …) on which packages can be installed.
pub fn found() -> Option<Debian> {
    if !is_kin() {
        return None;
    }
    if answer(Command::new("id").arg("-u")).as_deref() == Some("0") {
        return Some(Debian { sudo: false });
    }
    let allowed = Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status();
    allowed.is_ok_and(|status| status.success()).then_some(Debian { sudo: true })
}

/// Whether this machine's packages are Debian's, installable or not.
pub fn is_kin() -> bool {
    Path::new("/etc/debian_version").exists() && Path::new("/usr/bin/apt-get").exists()
}

impl Debian {
    /// Whether a package is installed.
    pub fn has(&self, package: &str) -> bool {
        answer(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package])).as_deref()
            == Some("installed")
    }

    /// Installs packages, with fresh lists and without the merely recommended.
    pub fn install(&self, bench: &Workbench, what: &str, packages: &[&str]) -> Result<(), String> {
        if packages.is_empty() {
            return Ok(());
        }
        let log = bench.cache.join("logs/apt.log");
        let mut update = self.command("apt-get");
        update.args(["-o", "DPkg::Lock::Timeout=300", "update"]);
        step("reading Debian's package lists", &log, None, &mut update)?;
        let mut install = self.command("apt-get");
        install.args(["-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends"]).args(packages);
        step(&format!("installing {what} ({})", packages.join(" ")), &log, None, &mut install)
    }

    /// Runs a short program as root.
    pub fn run(&self, program: &str, arguments: &[&OsStr]) -> Result<(), String> {
        let status = self.command(program).args(arguments).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{program} failed: {status}.")),
            Err(error) => Err(format!("{program} can't be started: {error}.")),
        }
    }

    /// A program to be run as root.
    pub fn command(&self, program: &str) -> Command {
        // sudo drops the environment, so the variable is set by `env` behind it.
        let mut command = Command::new(if self.sudo { "sudo" } else { "env" });
        if self.sudo {
            command.args(["-n", "env"]);
        }
        command.arg("DEBIAN_FRONTEND=noninteractive").arg(program).stdin(Stdio::null());
        command
    }
}
