//! What names an object of any kind, and the statements that take any: DROP, COMMENT, SECURITY LABEL.

use kumquat_types::{Error, Result, SqlState};

use super::cursor::{Parser, error_at};
use super::options::def_elem;
use super::types::type_name_of;
use crate::ast::ObjectType::*;
use crate::ast::*;
use crate::keywords::Keyword as K;

/// The key words of each kind of object.
const KINDS: &[(&[K], ObjectType)] = &[
    (&[K::Access, K::Method], AccessMethod),
    (&[K::Aggregate], Aggregate),
    (&[K::Cast], Cast),
    (&[K::Collation], Collation),
    (&[K::Column], Column),
    (&[K::Constraint], TableConstraint),
    (&[K::Conversion], Conversion),
    (&[K::Database], Database),
    (&[K::Domain], Domain),
    (&[K::Event, K::Trigger], EventTrigger),
    (&[K::Extension], Extension),
    (&[K::Foreign, K::Data, K::Wrapper], ForeignDataWrapper),
    (&[K::Foreign, K::Table], ForeignTable),
    (&[K::Function], Function),
    (&[K::Index], Index),
    (&[K::Language], Language),
    (&[K::Procedural, K::Language], Language),
    (&[K::Large, K::Object], LargeObject),
    (&[K::Materialized, K::View], MaterializedView),
    (&[K::Operator], Operator),
    (&[K::Operator, K::Class], Opclass),
    (&[K::Operator, K::Family], Opfamily),
    (&[K::Policy], Policy),
    (&[K::Procedure], Procedure),
    (&[K::Publication], Publication),
    (&[K::Role], Role),
    (&[K::Routine], Routine),
    (&[K::Rule], Rule),
    (&[K::Schema], Schema),
    (&[K::Sequence], Sequence),
    (&[K::Server], ForeignServer),
    (&[K::Statistics], Statistics),
    (&[K::Subscription], Subscription),
    (&[K::Table], Table),
    (&[K::Tablespace], Tablespace),
    (&[K::Text, K::Search, K::Configuration], TextSearchConfiguration),
    (&[K::Text, K::Search, K::Dictionary], TextSearchDictionary),
    (&[K::Text, K::Search, K::Parser], TextSearchParser),
    (&[K::Text, K::Search, K::Template], TextSearchTemplate),
    (&[K::Transform], Transform),
    (&[K::Trigger], Trigger),
    (&[K::Type], Type),
    (&[K::View], View),
];

impl Parser<'_> {
    /// The kind of an object, one of those that the statement takes.
    pub fn object_type(&mut self, taken: impl Fn(ObjectType) -> bool) -> Result<ObjectType> {
        let mut found = None;
        let mut prefix = 0;
        for (words, kind) in KINDS.iter().filter(|(_, kind)| taken(*kind)) {
            let matching = (0..words.len()).zip(words.iter());
            let matching = matching
                .take_while(|(ahead, word)| self.at_ahead(*ahead, **word))
                .count();
            if matching >= prefix && matching == words.len() {
                found = Some(*kind);
            }
            prefix = prefix.max(matching);
        }
        for _ in 0..prefix {
            self.bump();
        }
        match found {
            Some(kind) => Ok(kind),
            None => self.unexpected(),
        }
    }

    /// The object itself, as its kind is named.
    pub fn object_name(&mut self, kind: ObjectType) -> Result<ObjectName> {
        Ok(match kind {
            Type | Domain => ObjectName::Type(self.type_name()?),
            Aggregate => ObjectName::WithArgs(self.aggregate_with_argtypes()?),
            Function | Procedure | Routine => ObjectName::WithArgs(self.function_with_argtypes()?),
            Operator => ObjectName::WithArgs(self.operator_with_argtypes()?),
            Opclass | Opfamily => {
                let name = self.any_name()?;
                self.expect(K::Using)?;
                ObjectName::OfAccessMethod(name, self.col_id()?)
            }
            Cast => {
                self.expect('(')?;
                let source = self.type_name()?;
                self.expect(K::As)?;
                let target = self.type_name()?;
                self.expect(')')?;
                ObjectName::Cast(source, target)
            }
            Transform => {
                self.expect(K::For)?;
                let type_name = self.type_name()?;
                self.expect(K::Language)?;
                ObjectName::Transform(type_name, self.col_id()?)
            }
            LargeObject => match self.numeric_only()? {
                DefArg::Integer(oid) => ObjectName::LargeObject(oid.to_string()),
                DefArg::Float(digits) => ObjectName::LargeObject(digits),
                _ => return self.unexpected(),
            },
            Policy | Rule | Trigger => {
                let name = self.col_id()?;
                self.expect(K::On)?;
                let mut path = self.any_name()?;
                path.push(name);
                ObjectName::Name(path)
            }
            Collation
            | Column
            | Conversion
            | ForeignTable
            | Index
            | MaterializedView
            | Sequence
            | Statistics
            | Table
            | TextSearchConfiguration
            | TextSearchDictionary
            | TextSearchParser
            | TextSearchTemplate
            | View => ObjectName::Name(self.any_name()?),
            _ => ObjectName::Name(vec![self.col_id()?]),
        })
    }

    /// `name ON table`, `name ON DOMAIN domain` after CONSTRAINT: the kind, and the object.
    fn constraint_name(&mut self) -> Result<(ObjectType, ObjectName)> {
        let name = self.col_id()?;
        self.expect(K::On)?;
        // DOMAIN may be the name of a table.
        if self.at(K::Domain) && self.word_category(1).is_some() && !self.at_ahead(1, K::Is) {
            self.bump();
            let location = self.location();
            let domain = type_name_of(self.any_name()?, location);
            return Ok((DomainConstraint, ObjectName::DomainConstraint(domain, name)));
        }
        let mut path = self.any_name()?;
        path.push(name);
        Ok((TableConstraint, ObjectName::Name(path)))
    }

    pub fn drop_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Drop)?;
        match self.keyword() {
            Some(K::Owned) => return self.drop_owned(),
            Some(K::User)
                if self.at_ahead(1, K::Mapping) && [K::For, K::If].iter().any(|word| self.at_ahead(2, *word)) =>
            {
                return self.drop_user_mapping();
            }
            Some(K::Role | K::User | K::Group) => {
                self.bump();
                let missing_ok = self.if_exists();
                let roles = self.role_list()?;
                return Ok(Statement::DropRole(Box::new(DropRoleStmt { roles, missing_ok })));
            }
            Some(K::Database) => return self.drop_database(),
            Some(K::Tablespace) => {
                self.bump();
                let missing_ok = self.if_exists();
                let name = self.col_id()?;
                return Ok(Statement::DropTableSpace(Box::new(DropTableSpaceStmt {
                    name,
                    missing_ok,
                })));
            }
            Some(K::Subscription) => {
                self.bump();
                self.if_exists();
                return self.unsupported_object("DROP SUBSCRIPTION");
            }
            _ => {}
        }
        let taken = |kind| {
            !matches!(
                kind,
                Column | TableConstraint | LargeObject | Role | Database | Tablespace
            )
        };
        let remove_type = self.object_type(taken)?;
        let concurrent = remove_type == Index && self.eat(K::Concurrently);
        let missing_ok = match remove_type {
            Cast | Transform => self.eat_all(K::If, &[K::Exists])?,
            _ => self.if_exists(),
        };
        let single = matches!(
            remove_type,
            Policy | Rule | Trigger | Cast | Transform | Opclass | Opfamily
        );
        let objects = match single {
            true => vec![self.object_name(remove_type)?],
            false => self.comma_list(|p| p.object_name(remove_type))?,
        };
        let behavior = self.drop_behavior();
        Ok(Statement::Drop(Box::new(DropStmt {
            remove_type,
            objects,
            behavior,
            missing_ok,
            concurrent,
        })))
    }

    fn drop_owned(&mut self) -> Result<Statement> {
        self.expect_all(&[K::Owned, K::By])?;
        let roles = self.role_list()?;
        let behavior = self.drop_behavior();
        Ok(Statement::DropOwned(Box::new(DropOwnedStmt { roles, behavior })))
    }

    fn drop_database(&mut self) -> Result<Statement> {
        self.bump();
        let missing_ok = self.if_exists();
        let name = self.col_id()?;
        let with = self.eat(K::With);
        let options = match with || self.at('(') {
            true => self.parenthesized_list(|p| {
                let location = p.location();
                p.expect(K::Force)?;
                Ok(def_elem("force", None, location))
            })?,
            false => Vec::new(),
        };
        Ok(Statement::Dropdb(Box::new(DropdbStmt {
            name,
            missing_ok,
            options,
        })))
    }

    /// The object of COMMENT and SECURITY LABEL.
    fn described_object(&mut self, taken: impl Fn(ObjectType) -> bool) -> Result<(ObjectType, ObjectName)> {
        match self.object_type(taken)? {
            TableConstraint => self.constraint_name(),
            kind => Ok((kind, self.object_name(kind)?)),
        }
    }

    /// `IS 'text'` or `IS NULL`
    fn described_as(&mut self) -> Result<Option<String>> {
        self.expect(K::Is)?;
        match self.eat(K::Null) {
            true => Ok(None),
            false => self.sconst().map(Some),
        }
    }

    pub fn comment_stmt(&mut self) -> Result<Statement> {
        self.expect_all(&[K::Comment, K::On])?;
        let (object_type, object) = self.described_object(|_| true)?;
        let comment = self.described_as()?;
        Ok(Statement::Comment(Box::new(CommentStmt {
            object_type,
            object,
            comment,
        })))
    }

    pub fn security_label_stmt(&mut self) -> Result<Statement> {
        self.expect_all(&[K::Security, K::Label])?;
        let provider = match self.eat(K::For) {
            true => Some(self.non_reserved_word_or_sconst()?),
            false => None,
        };
        self.expect(K::On)?;
        let (object_type, object) = self.described_object(|kind| {
            !matches!(
                kind,
                Cast | Operator | Opclass | Opfamily | Policy | Rule | TableConstraint | Transform | Trigger
            )
        })?;
        let label = self.described_as()?;
        Ok(Statement::SecLabel(Box::new(SecLabelStmt {
            provider,
            object_type,
            object,
            label,
        })))
    }

    /// A function, perhaps with its arguments.
    pub fn function_with_argtypes(&mut self) -> Result<ObjectWithArgs> {
        let args_follow = {
            let mut ahead = 1;
            while self.at_ahead(ahead, '.') {
                ahead += 2;
            }
            self.at_ahead(ahead, '(')
        };
        if args_follow {
            let name = self.func_name()?;
            let parameters = self.func_args(false)?;
            let input = |parameter: &&FunctionParameter| {
                !matches!(
                    parameter.mode,
                    FunctionParameterMode::Out | FunctionParameterMode::Table
                )
            };
            let args = parameters
                .iter()
                .filter(input)
                .map(|p| Some(p.type_name.clone()))
                .collect();
            return Ok(ObjectWithArgs {
                name,
                args,
                parameters,
                args_unspecified: false,
            });
        }
        let name = match self.at_col_id() {
            true => {
                let mut name = vec![self.col_id()?];
                let indirection = self.indirection()?;
                self.push_fields(&mut name, indirection)?;
                name
            }
            false => vec![self.type_function_name()?],
        };
        Ok(ObjectWithArgs {
            name,
            args: Vec::new(),
            parameters: Vec::new(),
            args_unspecified: true,
        })
    }

    /// An aggregate with its arguments.
    pub fn aggregate_with_argtypes(&mut self) -> Result<ObjectWithArgs> {
        let name = self.func_name()?;
        let (parameters, _) = self.aggregate_args()?;
        let args = parameters.iter().map(|p| Some(p.type_name.clone())).collect();
        Ok(ObjectWithArgs {
            name,
            args,
            parameters,
            args_unspecified: false,
        })
    }

    /// An operator with its operands' types, of which NONE stands for the one a prefix operator lacks.
    pub fn operator_with_argtypes(&mut self) -> Result<ObjectWithArgs> {
        let name = self.any_operator()?;
        self.expect('(')?;
        let left = match self.eat(K::None) {
            true => None,
            false => Some(self.type_name()?),
        };
        if left.is_some() && self.at(')') {
            let location = self.location();
            return Err(missing_operand(location));
        }
        self.expect(',')?;
        let right = match left.is_some() && self.eat(K::None) {
            true => None,
            false => Some(self.type_name()?),
        };
        self.expect(')')?;
        let args = vec![left, right];
        Ok(ObjectWithArgs {
            name,
            args,
            parameters: Vec::new(),
            args_unspecified: false,
        })
    }
}

fn missing_operand(location: Location) -> Error {
    error_at(SqlState::SYNTAX_ERROR, "missing argument", location)
        .hint("Use NONE to denote the missing argument of a unary operator.")
}
