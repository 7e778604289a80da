//! Polymorphic argument types: what `anyelement` and its kin stand for in a call.
//!
//! There are two families. In the first (`anyelement`, `anyarray`, `anyrange` ...) all arguments must have exactly
//! matching types; in the second (`anycompatible` ...) a common type is chosen as UNION does.

use kumquat_types::{CastContext, Error, Oid, Result, SqlState, TypeKind};

use crate::backend::Backend;

/// What the arguments have told of one family so far.
#[derive(Default)]
struct Family {
    element: Option<Oid>,
    array: Option<Oid>,
    range: Option<Oid>,
    multirange: Option<Oid>,
    /// Types for `anycompatible`, in the order of the arguments.
    compatible: Vec<Oid>,
    non_array: bool,
    is_enum: bool,
    used: bool,
}

/// The shape that a polymorphic pseudo-type has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Element,
    NonArray,
    Enum,
    Array,
    Range,
    Multirange,
}

/// The types that two families stand for in one call.
#[derive(Clone, Copy, Default)]
pub struct Resolved {
    first: Generic,
    second: Generic,
}

#[derive(Clone, Copy, Default)]
struct Generic {
    element: Oid,
    array: Oid,
    range: Oid,
    multirange: Oid,
}

/// `IsPolymorphicType`.
pub fn is_polymorphic(oid: Oid) -> bool {
    shape(oid).is_some()
}

/// The shape and whether the type is of the `anycompatible` family.
fn shape(oid: Oid) -> Option<(Shape, bool)> {
    Some(match oid {
        Oid::ANYELEMENT => (Shape::Element, false),
        Oid::ANYNONARRAY => (Shape::NonArray, false),
        Oid::ANYENUM => (Shape::Enum, false),
        Oid::ANYARRAY => (Shape::Array, false),
        Oid::ANYRANGE => (Shape::Range, false),
        Oid::ANYMULTIRANGE => (Shape::Multirange, false),
        Oid::ANYCOMPATIBLE => (Shape::Element, true),
        Oid::ANYCOMPATIBLENONARRAY => (Shape::NonArray, true),
        Oid::ANYCOMPATIBLEARRAY => (Shape::Array, true),
        Oid::ANYCOMPATIBLERANGE => (Shape::Range, true),
        Oid::ANYCOMPATIBLEMULTIRANGE => (Shape::Multirange, true),
        _ => return None,
    })
}

impl Backend<'_> {
    /// Whether polymorphic arguments can stand for one set of types (`check_generic_type_consistency`).
    pub fn polymorphic_arguments_agree(&self, inputs: &[Oid], declared: &[Oid]) -> bool {
        self.resolve_polymorphic(inputs, declared).is_ok()
    }

    /// What the polymorphic types of a call stand for (first half of `enforce_generic_type_consistency`).
    pub fn resolve_polymorphic(&self, inputs: &[Oid], declared: &[Oid]) -> Result<Resolved> {
        let (mut first, mut second) = (Family::default(), Family::default());
        for (&input, &declared) in inputs.iter().zip(declared) {
            let Some((shape, compatible)) = shape(declared) else {
                continue;
            };
            let family = if compatible { &mut second } else { &mut first };
            family.used = true;
            family.non_array |= shape == Shape::NonArray;
            family.is_enum |= shape == Shape::Enum;
            if input != Oid::UNKNOWN {
                self.note(family, shape, compatible, input)?;
            }
        }
        Ok(Resolved {
            first: self.settle(&first)?,
            second: self.settle_compatible(&second)?,
        })
    }

    fn note(&self, family: &mut Family, shape: Shape, compatible: bool, input: Oid) -> Result<()> {
        let base = self.base_type(input);
        match shape {
            Shape::Element | Shape::NonArray | Shape::Enum if compatible => family.compatible.push(input),
            Shape::Element | Shape::NonArray | Shape::Enum => self.same(&mut family.element, input, "anyelement")?,
            Shape::Array if compatible => {
                let element = self
                    .subscript_element(base)
                    .ok_or_else(|| self.not_array("anycompatiblearray", input))?;
                family.array = Some(base);
                family.compatible.push(element);
            }
            Shape::Array => {
                self.same(&mut family.array, base, "anyarray")?;
                if self.subscript_element(base).is_none() && base != Oid::ANYARRAY {
                    return Err(self.not_array("anyarray", input));
                }
            }
            Shape::Range => {
                self.same(
                    &mut family.range,
                    base,
                    if compatible { "anycompatiblerange" } else { "anyrange" },
                )?;
                if self.range_subtype(base).is_none() {
                    let name = if compatible { "anycompatiblerange" } else { "anyrange" };
                    return Err(mismatch(format!(
                        "argument declared {name} is not a range type but type {}",
                        self.format_type(input)
                    )));
                }
            }
            Shape::Multirange => {
                let name = if compatible {
                    "anycompatiblemultirange"
                } else {
                    "anymultirange"
                };
                self.same(&mut family.multirange, base, name)?;
                if self.multirange_range(base).is_none() {
                    return Err(mismatch(format!(
                        "argument declared {name} is not a multirange type but type {}",
                        self.format_type(input)
                    )));
                }
            }
        }
        Ok(())
    }

    /// All arguments of one kind must have one type.
    fn same(&self, slot: &mut Option<Oid>, input: Oid, name: &str) -> Result<()> {
        match *slot {
            Some(known) if known != input => Err(mismatch(format!("arguments declared \"{name}\" are not all alike"))
                .detail(format!(
                    "{} versus {}",
                    self.format_type(known),
                    self.format_type(input)
                ))),
            _ => {
                *slot = Some(input);
                Ok(())
            }
        }
    }

    fn not_array(&self, declared: &str, input: Oid) -> Error {
        mismatch(format!(
            "argument declared {declared} is not an array but type {}",
            self.format_type(input)
        ))
    }

    fn settle(&self, family: &Family) -> Result<Generic> {
        if !family.used {
            return Ok(Generic::default());
        }
        let mut element = family.element;
        let mut range = family.range;
        if let Some(array) = family.array {
            let of_array = self.subscript_element(array).unwrap_or(Oid::ANYELEMENT);
            self.agree(&mut element, of_array, "anyarray", "anyelement")?;
        }
        if let Some(multirange) = family.multirange
            && let Some(of_multirange) = self.multirange_range(multirange)
        {
            self.agree(&mut range, of_multirange, "anymultirange", "anyrange")?;
        }
        if let Some(range) = range {
            let subtype = self.range_subtype(range).unwrap_or_default();
            self.agree(&mut element, subtype, "anyrange", "anyelement")?;
        }
        let Some(element) = element else {
            return Ok(Generic::default());
        };
        if family.non_array && self.array_element(self.base_type(element)).is_some() {
            return Err(mismatch(format!(
                "type matched to anynonarray is an array type: {}",
                self.format_type(element)
            )));
        }
        if family.is_enum && self.type_kind(element) != Some(TypeKind::Enum) {
            return Err(mismatch(format!(
                "type matched to anyenum is not an enum type: {}",
                self.format_type(element)
            )));
        }
        Ok(self.generic(element, range))
    }

    /// Two kinds of arguments must tell of one element type.
    fn agree(&self, slot: &mut Option<Oid>, told: Oid, by: &str, other: &str) -> Result<()> {
        match *slot {
            Some(known) if known != told => Err(mismatch(format!(
                "argument declared {by} is not consistent with argument declared {other}"
            ))
            .detail(format!("{} versus {}", self.format_type(told), self.format_type(known)))),
            _ => {
                *slot = Some(told);
                Ok(())
            }
        }
    }

    fn settle_compatible(&self, family: &Family) -> Result<Generic> {
        if !family.used {
            return Ok(Generic::default());
        }
        let mut types = family.compatible.clone();
        let range = match (
            family.range,
            family.multirange.and_then(|oid| self.multirange_range(oid)),
        ) {
            (None, of_multirange) => of_multirange,
            (range, _) => range,
        };
        types.extend(range.and_then(|range| self.range_subtype(range)));
        let located: Vec<(Oid, Option<u32>)> = types.iter().map(|&oid| (oid, None)).collect();
        let element = self.common_type(&located).map_err(|(first, second, _)| {
            mismatch("arguments of anycompatible family cannot be cast to a common type").detail(format!(
                "{} versus {}",
                self.format_type(first),
                self.format_type(second)
            ))
        })?;
        if let Some(&unfit) = types
            .iter()
            .find(|&&oid| !self.can_coerce(&[oid], &[element], CastContext::Implicit))
        {
            return Err(
                mismatch("arguments of anycompatible family cannot be cast to a common type").detail(format!(
                    "{} versus {}",
                    self.format_type(unfit),
                    self.format_type(element)
                )),
            );
        }
        if family.non_array && self.array_element(element).is_some() {
            return Err(mismatch(format!(
                "type matched to anycompatiblenonarray is an array type: {}",
                self.format_type(element)
            )));
        }
        Ok(self.generic(element, range))
    }

    fn generic(&self, element: Oid, range: Option<Oid>) -> Generic {
        let range = range.unwrap_or_default();
        Generic {
            element,
            array: match element {
                Oid::ANYELEMENT => Oid::ANYARRAY,
                element => self.array_type(element),
            },
            range,
            multirange: self.range_multirange(range).unwrap_or_default(),
        }
    }

    /// The type to which an argument or result declared polymorphic comes in this call.
    pub fn polymorphic_type(&self, resolved: &Resolved, declared: Oid) -> Result<Oid> {
        let Some((shape, compatible)) = shape(declared) else {
            return Ok(declared);
        };
        let generic = if compatible { &resolved.second } else { &resolved.first };
        let found = match shape {
            Shape::Element | Shape::NonArray | Shape::Enum => generic.element,
            Shape::Array => generic.array,
            Shape::Range => generic.range,
            Shape::Multirange => generic.multirange,
        };
        if found.is_valid() {
            return Ok(found);
        }
        if shape == Shape::Array && generic.element.is_valid() {
            return Err(Error::new(
                SqlState::UNDEFINED_OBJECT,
                format!(
                    "could not find array type for data type {}",
                    self.format_type(generic.element)
                ),
            ));
        }
        let name = match shape {
            Shape::Range | Shape::Multirange => format!("{} ", self.format_type(declared)),
            _ => String::new(),
        };
        Err(mismatch(format!(
            "could not determine polymorphic type {name}because input has type unknown"
        )))
    }
}

fn mismatch(message: impl Into<String>) -> Error {
    Error::new(SqlState::DATATYPE_MISMATCH, message)
}
