//! What messages call an object: `column a of table t`, `constraint c on table t` (`getObjectDescription`).

use kumquat_types::{Oid, proc_by_oid};

use super::quote::{quote_identifier, quote_qualified};
use super::{Constraint, DomainConstraint, Function, ObjectAddress, ObjectClass, ProcKind, Relation, UserDefinedType};
use crate::backend::Backend;

impl Backend<'_> {
    /// The object in the words of messages; names are qualified where not visible.
    pub fn describe_object(&self, object: ObjectAddress) -> String {
        self.try_describe(object)
            .unwrap_or_else(|| format!("unrecognized object {}", object.oid))
    }

    fn try_describe(&self, object: ObjectAddress) -> Option<String> {
        let catalog = self.catalog().ok()?;
        Some(match object.class {
            ObjectClass::Relation => {
                let relation = catalog.relation(object.oid)?;
                let description = self.describe_relation(relation);
                match relation.attribute(object.sub) {
                    Some(attribute) => format!("column {} of {description}", attribute.name),
                    None => description,
                }
            }
            ObjectClass::Default => {
                let column = self.describe_object(ObjectAddress::column(object.oid, object.sub));
                format!("default value for {column}")
            }
            ObjectClass::Constraint => match catalog.constraints.get(&object.oid) {
                Some(constraint) => {
                    let relation = catalog.relation(constraint.relation)?;
                    format!("constraint {} on {}", constraint.name, self.describe_relation(relation))
                }
                None => format!("constraint {}", self.domain_constraint(object.oid)?.1.name),
            },
            ObjectClass::Trigger => {
                let trigger = catalog.triggers.get(&object.oid)?;
                let relation = catalog.relation(trigger.relation)?;
                format!("trigger {} on {}", trigger.name, self.describe_relation(relation))
            }
            ObjectClass::Policy => {
                let (relation, policy) = catalog.policy(object.oid)?;
                format!("policy {} on {}", policy.name, self.describe_relation(relation))
            }
            ObjectClass::Cast => {
                let cast = catalog.cast(object.oid)?;
                let (source, target) = (self.format_type(cast.source), self.format_type(cast.target));
                format!("cast from {source} to {target}")
            }
            ObjectClass::Rule => {
                let view = catalog.relation(object.oid)?;
                format!("rule _RETURN on {}", self.describe_relation(view))
            }
            ObjectClass::Type => format!("type {}", self.format_type(object.oid)),
            ObjectClass::Function => format!("function {}", self.procedure_signature(object.oid)),
            ObjectClass::Schema => format!("schema {}", catalog.schemas.get(&object.oid)?.name),
            ObjectClass::Extension => {
                let mut extensions = catalog.extensions.values();
                format!("extension {}", extensions.find(|e| e.oid == object.oid)?.name)
            }
            ObjectClass::Role => format!("role {}", self.name_of_role(object.oid)?),
            ObjectClass::Database => {
                let mut databases = self.server().ok()?.databases.values();
                format!("database {}", databases.find(|d| d.oid == object.oid)?.name)
            }
        })
    }

    /// `table t`, `composite type s.t` ...
    pub fn describe_relation(&self, relation: &Relation) -> String {
        let noun = match relation.kind {
            super::RelationKind::CompositeType => "composite type",
            _ => relation.noun(),
        };
        format!("{noun} {}", self.visible_relation_name(relation))
    }

    /// `f(integer, text)`, qualified where not visible, quoted where needed (`format_procedure`).
    pub fn procedure_signature(&self, oid: Oid) -> String {
        let types = |types: Vec<Oid>| {
            let names: Vec<String> = types.into_iter().map(|oid| self.format_type(oid)).collect();
            names.join(",")
        };
        let user = self.catalog().ok().and_then(|catalog| catalog.functions.get(&oid));
        if let Some(function) = user {
            let arguments = types(function.input_types().collect());
            return format!("{}({arguments})", self.visible_function_name(function));
        }
        match proc_by_oid(oid) {
            Some(proc) => format!("{}({})", quote_identifier(proc.name), types(proc.args.to_vec())),
            None => oid.to_string(),
        }
    }

    pub fn visible_function_name(&self, function: &Function) -> String {
        if self.function_is_visible(function) {
            quote_identifier(&function.name)
        } else {
            quote_qualified(&self.schema_name(function.schema), &function.name)
        }
    }

    /// A constraint of a relation by its name.
    pub fn find_constraint(&self, relation: Oid, name: &str) -> Option<&Constraint> {
        let mut constraints = self.catalog().ok()?.constraints_of(relation);
        constraints.find(|c| &*c.name == name).map(AsRef::as_ref)
    }

    /// A domain's constraint by its oid, with its domain.
    pub fn domain_constraint(&self, oid: Oid) -> Option<(&UserDefinedType, &DomainConstraint)> {
        self.catalog().ok()?.types.values().find_map(|user| {
            let constraint = user.domain_constraints().iter().find(|c| c.oid == oid)?;
            Some((user.as_ref(), constraint))
        })
    }
}

impl Function {
    /// What messages call it.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            ProcKind::Procedure => "procedure",
            ProcKind::Aggregate => "aggregate",
            ProcKind::Function | ProcKind::Window => "function",
        }
    }
}

impl UserDefinedType {
    pub fn domain_constraints(&self) -> &[DomainConstraint] {
        match &self.definition {
            super::TypeDefinition::Domain { constraints, .. } => constraints,
            _ => &[],
        }
    }
}
