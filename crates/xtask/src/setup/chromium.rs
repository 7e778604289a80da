//! A browser of the Chromium family and its driver.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::apt;
use crate::process::which;

/// Where the programs lie.
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

/// Finds both; on Debian as root, installs them if they are missing.
pub fn install() -> Result<Browser> {
    if let Some(browser) = find() {
        return Ok(browser);
    }
    if apt::available() {
        apt::install(&["chromium", "chromium-driver"])?;
    }
    match find() {
        Some(browser) => Ok(browser),
        None => bail!(
            "the browser tests need Chromium or Chrome, and ChromeDriver of the same version, on \
             the PATH. On Debian: `apt-get install chromium chromium-driver`. On macOS: `brew \
             install --cask google-chrome chromedriver`"
        ),
    }
}

fn find() -> Option<Browser> {
    let chromium = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        .into_iter()
        .find_map(which)
        .or_else(|| {
            let mac = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
            mac.is_file().then_some(mac)
        })?;
    let driver = which("chromedriver")?;
    Some(Browser { chromium, driver })
}
