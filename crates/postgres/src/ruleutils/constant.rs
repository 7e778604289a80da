//! Constants (`get_const_expr`).

use kumquat_types::{Datum, Oid, io};

use super::Writer;
use crate::query::Const;

/// Whether the type is written behind a constant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ShowType {
    Never,
    WhereNeeded,
    Always,
}

impl Writer<'_, '_> {
    pub(super) fn constant(&mut self, constant: &Const, show: ShowType) {
        if constant.value.is_null() {
            self.push("NULL");
            if show != ShowType::Never {
                self.cast_suffix(constant);
            }
            return;
        }
        let text = io::output(self.backend, constant.type_oid, &constant.value).into_owned();
        let needs_label = match constant.type_oid {
            Oid::INT4 => self.int4(&text),
            Oid::NUMERIC => self.numeric(&text, constant.type_modifier),
            Oid::BOOL => {
                let word = if matches!(constant.value, Datum::Bool(true)) {
                    "true"
                } else {
                    "false"
                };
                self.push(word);
                false
            }
            Oid::UNKNOWN => {
                self.literal(&text);
                false
            }
            _ => {
                self.literal(&text);
                true
            }
        };
        if needs_label && show != ShowType::Never || show == ShowType::Always {
            self.cast_suffix(constant);
        }
    }

    /// In standard-conforming strings only quotes are doubled (`simple_quote_literal`).
    fn literal(&mut self, text: &str) {
        self.push(&format!("'{}'", text.replace('\'', "''")));
    }

    fn cast_suffix(&mut self, constant: &Const) {
        let name = self.type_name(constant.type_oid, constant.type_modifier);
        self.push("::");
        self.push(&name);
    }

    /// Digits stand for themselves; a sign would not be read back as part of the constant.
    fn int4(&mut self, text: &str) -> bool {
        let negative = text.starts_with('-');
        self.push(&if negative {
            format!("'{text}'")
        } else {
            text.to_string()
        });
        negative
    }

    fn numeric(&mut self, text: &str, modifier: i32) -> bool {
        let plain = text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(['e', 'E', '.']);
        self.push(&if plain { text.to_string() } else { format!("'{text}'") });
        !plain || modifier >= 0
    }
}
