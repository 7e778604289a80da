//! A server of static files, for this machine only.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::thread;

use anyhow::{Context, Result};

use crate::process::say;
use crate::site;

const FIRST_PORT: u16 = 8080;

/// Builds the site and serves it until interrupted.
pub fn serve(port: Option<&str>) -> Result<()> {
    let site = site::build()?;
    let listener = match port {
        Some(port) => listen(port.parse().context("PORT is a number")?)?,
        None => (FIRST_PORT..FIRST_PORT + 20)
            .find_map(|port| listen(port).ok())
            .context("no free port from 8080 to 8099; name one: cargo xtask serve PORT")?,
    };
    say("Kumquat is served here, until Ctrl-C:");
    println!("http://{}", listener.local_addr()?);
    run(&listener, &site.directory);
    Ok(())
}

/// Serves a directory on a free port in the background and returns the address.
pub fn in_background(directory: PathBuf) -> Result<String> {
    let listener = listen(0)?;
    let address = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || run(&listener, &directory));
    Ok(address)
}

fn listen(port: u16) -> Result<TcpListener> {
    Ok(TcpListener::bind(("127.0.0.1", port))?)
}

fn run(listener: &TcpListener, directory: &Path) {
    for stream in listener.incoming().flatten() {
        let directory = directory.to_owned();
        // A browser that goes away in the middle of an answer is no concern of ours.
        thread::spawn(move || answer(&stream, &directory).unwrap_or_default());
    }
}

/// Answers requests on a connection until the browser closes it.
fn answer(stream: &TcpStream, directory: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while reader.read_line(&mut header)? > 2 {
            header.clear();
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next(), words.next().unwrap_or("/"));
        match (method, file(target, directory)) {
            (Some("GET" | "HEAD"), Some(path)) => {
                let body = fs::read(&path)?;
                respond(
                    stream,
                    "200 OK",
                    &headers(&path, directory),
                    &body,
                    method == Some("HEAD"),
                )?;
            }
            (Some("GET" | "HEAD"), None) => {
                respond(
                    stream,
                    "404 Not Found",
                    "Content-Type: text/plain",
                    b"no such file",
                    false,
                )?;
            }
            _ => respond(stream, "405 Method Not Allowed", "Content-Type: text/plain", b"", false)?,
        }
    }
}

/// The file that a request's target names, if it lies in the directory.
fn file(target: &str, directory: &Path) -> Option<PathBuf> {
    let target = target.split(['?', '#']).next()?.trim_start_matches('/');
    let relative = Path::new(if target.is_empty() { "index.html" } else { target });
    let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let path = directory.join(relative);
    (inside && path.is_file()).then_some(path)
}

/// What a file is, and how long it may be kept: those of a version for ever.
fn headers(path: &Path, site: &Path) -> String {
    let keep = if path.parent() == Some(site) {
        "no-cache"
    } else {
        "max-age=31536000, immutable"
    };
    format!("Content-Type: {}\r\nCache-Control: {keep}", kind(path))
}

fn respond(mut stream: &TcpStream, status: &str, headers: &str, body: &[u8], head_only: bool) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    if !head_only {
        stream.write_all(body)?;
    }
    stream.flush()
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
