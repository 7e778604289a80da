//! One statement: by its first word, and CREATE by its second.

use kumquat_types::{Error, Result, SqlState};

use super::create_table::Form;
use super::cursor::Parser;
use crate::ast::*;
use crate::keywords::Keyword as K;
use crate::lexer::Tok;

impl Parser<'_> {
    /// A statement, or nothing before `;` or the end.
    pub fn statement(&mut self) -> Result<Statement> {
        let Some(keyword) = self.keyword() else {
            return match self.tok() {
                Tok::End | Tok::Char(';') => Ok(Statement::Empty),
                Tok::Char('(') => Ok(Statement::Select(self.select_stmt()?)),
                _ => self.unexpected(),
            };
        };
        match keyword {
            K::Abort | K::Begin | K::Commit | K::End | K::Release | K::Rollback | K::Savepoint | K::Start => {
                self.transaction_stmt()
            }
            K::Alter => self.alter_stmt(),
            K::Analyze | K::Analyse => self.analyze_stmt(),
            K::Call => self.call_stmt(),
            K::Checkpoint => {
                self.bump();
                Ok(Statement::Checkpoint)
            }
            K::Close => self.close_stmt(),
            K::Cluster => self.cluster_stmt(),
            K::Comment => self.comment_stmt(),
            K::Copy => self.copy_stmt(),
            K::Create => self.create_stmt(),
            K::Deallocate => self.deallocate_stmt(),
            K::Declare => self.declare_stmt(),
            K::Discard => self.discard_stmt(),
            K::Do => self.do_stmt(),
            K::Drop => self.drop_stmt(),
            K::Execute => self.execute_stmt(),
            K::Explain => self.explain_stmt(),
            K::Fetch | K::Move => self.fetch_stmt(),
            K::Grant => self.grant_stmt(),
            K::Import => self.import_foreign_schema_stmt(),
            K::Insert | K::Update | K::Delete | K::Merge | K::Select | K::Table | K::Values | K::With | K::WithLa => {
                self.preparable_stmt()
            }
            K::Listen => self.listen_stmt(),
            K::Load => self.load_stmt(),
            K::Lock => self.lock_stmt(),
            K::Notify => self.notify_stmt(),
            K::Prepare if self.at_ahead(1, K::Transaction) && matches!(self.tok_at(2), Tok::Sconst(_)) => {
                self.transaction_stmt()
            }
            K::Prepare => self.prepare_stmt(),
            K::Reassign => self.reassign_owned_stmt(),
            K::Refresh => self.refresh_stmt(),
            K::Reindex => self.reindex_stmt(),
            K::Reset => Ok(Statement::VariableSet(Box::new(self.reset_stmt()?))),
            K::Revoke => self.revoke_stmt(),
            K::Security => self.security_label_stmt(),
            K::Set => self.set_stmt(),
            K::Show => self.show_stmt(),
            K::Truncate => Ok(Statement::Truncate(Box::new(self.truncate_stmt()?))),
            K::Unlisten => self.unlisten_stmt(),
            K::Vacuum => self.vacuum_stmt(),
            _ => self.unexpected(),
        }
    }

    fn create_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Create)?;
        let replace = self.or_replace()?;
        if self.at_any(&[K::Temporary, K::Temp, K::Local, K::Global, K::Unlogged]) {
            return self.create_with_persistence(replace);
        }
        let unexpected = self.error_here("syntax error");
        match self.keyword() {
            Some(K::View | K::Recursive) => {
                return self.create_view(replace, Persistence::Permanent);
            }
            Some(K::Trigger | K::Constraint) => return self.create_trigger(replace),
            Some(K::Materialized) if !replace => {
                return self.create_materialized_view(Persistence::Permanent);
            }
            Some(K::Trusted | K::Procedural | K::Language) => {
                self.eat(K::Trusted);
                self.eat(K::Procedural);
                self.expect(K::Language)?;
                return self.unsupported_object("CREATE LANGUAGE");
            }
            Some(K::Transform) => {
                self.expect_all(&[K::Transform, K::For])?;
                return Ok(self.unsupported("CREATE TRANSFORM"));
            }
            _ => {}
        }
        let Some(keyword) = self.keyword() else {
            return self.unexpected();
        };
        self.bump();
        match keyword {
            K::Function => self.create_function(false, replace),
            K::Procedure => self.create_function(true, replace),
            K::Aggregate => self.create_aggregate(replace),
            K::Rule => self.create_rule(replace),
            _ if replace => Err(unexpected),
            K::Table => self.create_table(Persistence::Permanent, Form::Any),
            K::Sequence => self.create_sequence(Persistence::Permanent),
            K::Unique => {
                self.expect(K::Index)?;
                self.create_index(true)
            }
            K::Index => self.create_index(false),
            K::Schema => self.create_schema(),
            K::Type => self.create_type(),
            K::Domain => self.create_domain(),
            K::Operator => self.create_operator(),
            K::Collation => self.create_collation(),
            K::Cast => self.create_cast(),
            K::Statistics => self.create_statistics(),
            K::Policy => self.create_policy(),
            K::Role => self.create_role(RoleStmtKind::Role),
            K::User if self.at_both(K::Mapping, K::For) || self.at_both(K::Mapping, K::If) => {
                self.bump();
                self.create_user_mapping()
            }
            K::User => self.create_role(RoleStmtKind::User),
            K::Group => self.create_role(RoleStmtKind::Group),
            K::Database => self.create_database(),
            K::Tablespace => self.create_tablespace(),
            K::Extension => self.create_extension(),
            K::Publication => self.create_publication(),
            K::Server => self.create_server(),
            K::Event => {
                self.expect(K::Trigger)?;
                self.create_event_trigger()
            }
            K::Foreign if self.eat(K::Table) => self.create_foreign_table(),
            K::Foreign => {
                self.expect_all(&[K::Data, K::Wrapper])?;
                self.create_foreign_data_wrapper()
            }
            K::Text => {
                self.expect(K::Search)?;
                let kind = self.expect_one_of(&[
                    (K::Configuration, ObjectType::TextSearchConfiguration),
                    (K::Dictionary, ObjectType::TextSearchDictionary),
                    (K::Parser, ObjectType::TextSearchParser),
                    (K::Template, ObjectType::TextSearchTemplate),
                ])?;
                self.create_text_search(kind)
            }
            K::Access => {
                self.expect(K::Method)?;
                self.unsupported_object("CREATE ACCESS METHOD")
            }
            K::Assertion => {
                self.any_name()?;
                self.expect(K::Check)?;
                self.parenthesized_expr()?;
                let message = "CREATE ASSERTION is not yet implemented";
                Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message))
            }
            K::Default => {
                self.expect(K::Conversion)?;
                self.unsupported_object("CREATE CONVERSION")
            }
            K::Conversion => self.unsupported_object("CREATE CONVERSION"),
            K::Subscription => self.unsupported_object("CREATE SUBSCRIPTION"),
            _ => Err(unexpected),
        }
    }

    /// CREATE TEMPORARY, CREATE UNLOGGED.
    fn create_with_persistence(&mut self, replace: bool) -> Result<Statement> {
        let persistence = self.persistence()?;
        match self.keyword() {
            Some(K::View | K::Recursive) => self.create_view(replace, persistence),
            Some(K::Table) if !replace => {
                self.bump();
                self.create_table(persistence, Form::Any)
            }
            Some(K::Sequence) if !replace => {
                self.bump();
                self.create_sequence(persistence)
            }
            Some(K::Materialized) if !replace && persistence == Persistence::Unlogged => {
                self.create_materialized_view(persistence)
            }
            _ => self.unexpected(),
        }
    }

    /// A statement that is known by name only, before the name of its object.
    pub fn unsupported_object(&mut self, name: &'static str) -> Result<Statement> {
        self.any_name()?;
        Ok(self.unsupported(name))
    }

    /// Skips the rest of a statement that is known by name only.
    pub fn unsupported(&mut self, name: &'static str) -> Statement {
        while !self.at(';') && !matches!(self.tok(), Tok::End | Tok::Error(_)) {
            self.bump();
        }
        Statement::Unsupported(name)
    }
}
