//! Installs packages on Debian and its derivatives, as root or by a sudo that asks for no password.

use crate::env::Env;
use crate::steps::{run_step, stdout_of};
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// A Debian machine on which packages can be installed.
pub struct Debian {
    needs_sudo: bool,
}

/// This machine, if it is one on which packages can be installed.
pub fn detect() -> Option<Debian> {
    if !is_debian_based() {
        return None;
    }
    if stdout_of(Command::new("id").arg("-u")).as_deref() == Some("0") {
        return Some(Debian { needs_sudo: false });
    }
    let allowed = Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status();
    allowed.is_ok_and(|status| status.success()).then_some(Debian { needs_sudo: true })
}

/// Whether this machine has Debian or a derivative, such as Ubuntu.
pub fn is_debian_based() -> bool {
    Path::new("/etc/debian_version").exists() && Path::new("/usr/bin/apt-get").exists()
}

impl Debian {
    /// Whether a package is installed.
    pub fn is_installed(&self, package: &str) -> bool {
        stdout_of(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package])).as_deref()
            == Some("installed")
    }

    /// Updates the package lists and installs packages without recommended ones. `what` names them in messages.
    pub fn install(&self, env: &Env, what: &str, packages: &[&str]) -> Result<(), String> {
        if packages.is_empty() {
            return Ok(());
        }
        let log = env.log("apt");
        let mut update = self.command("apt-get");
        update.args(["-o", "DPkg::Lock::Timeout=300", "update"]);
        run_step("updating Debian's package lists", &log, None, &mut update)?;
        let mut install = self.command("apt-get");
        install.args(["-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends"]).args(packages);
        run_step(&format!("installing {what} ({})", packages.join(" ")), &log, None, &mut install)
    }

    /// Runs a program as root.
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
        // sudo clears the environment, so `env` sets the variable after it.
        let mut command = Command::new(if self.needs_sudo { "sudo" } else { "env" });
        if self.needs_sudo {
            command.args(["-n", "env"]);
        }
        command.arg("DEBIAN_FRONTEND=noninteractive").arg(program).stdin(Stdio::null());
        command
    }
}
