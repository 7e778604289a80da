//! Files of a session in its link: small ones travel with it; of the others it has the names.
//!
//! ```text
//! file=orders.csv:LETTERS&without=large.csv
//! ```

use kumquat_protocol::message::File;

use crate::browser;

/// Letters that all files may take together: with them a link still passes through mail and chat.
const ROOM: usize = 24_000;
/// Bytes of a file that may be worth packing.
const LARGEST: usize = 1 << 20;

/// What a link holds of the session's files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carried {
    pub files: Vec<File>,
    /// Names of those that are not in it.
    pub without: Vec<String>,
}

/// Packs files, the smallest first, and the part of the link that they make.
pub async fn pack(mut files: Vec<File>) -> (Carried, String) {
    files.sort_by_key(|file| file.text.len());
    let (mut carried, mut parts, mut room) = (Carried::default(), String::new(), ROOM);
    for file in files {
        let letters = match file.text.len() {
            0..=LARGEST => browser::pack(&file.text)
                .await
                .ok()
                .and_then(|letters| letters.as_string()),
            _ => None,
        };
        let name = encoded(&file.name);
        match letters.filter(|letters| letters.len() <= room) {
            Some(letters) => {
                room -= letters.len();
                parts.push_str(&format!("&file={name}:{letters}"));
                carried.files.push(file);
            }
            None => {
                parts.push_str(&format!("&without={name}"));
                carried.without.push(file.name);
            }
        }
    }
    (carried, parts)
}

/// Reads the part of a link that tells of files; what can't be read is said not to be there.
pub async fn read(parts: &str) -> Carried {
    let mut carried = Carried::default();
    for part in parts.split('&') {
        match part.split_once('=') {
            Some(("file", file)) => {
                let (name, letters) = file.split_once(':').unwrap_or((file, ""));
                let text = browser::unpack(letters).await.ok().and_then(|text| text.as_string());
                match text {
                    Some(text) => carried.files.push(File {
                        name: decoded(name),
                        text,
                    }),
                    None => carried.without.push(decoded(name)),
                }
            }
            Some(("without", name)) => carried.without.push(decoded(name)),
            _ => {}
        }
    }
    carried
}

fn encoded(name: &str) -> String {
    String::from(js_sys::encode_uri_component(name))
}

fn decoded(name: &str) -> String {
    js_sys::decode_uri_component(name).map_or_else(|_| name.to_string(), String::from)
}
