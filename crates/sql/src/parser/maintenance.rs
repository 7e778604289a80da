//! EXPLAIN, VACUUM, ANALYZE, CLUSTER, REINDEX, LISTEN, NOTIFY, LOAD.

use kumquat_types::Result;

use super::create_table::Form;
use super::cursor::{Parser, QUERY};
use super::options::def_elem;
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    pub fn explain_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Explain)?;
        let mut options = Vec::new();
        let query_follows = self.at_ahead(1, '(')
            || self.at_ahead(1, K::Select)
            || self.at_ahead(1, K::With)
            || self.at_ahead(1, K::Table)
            || self.at_ahead(1, K::Values);
        if self.at('(') && !query_follows {
            options = self.utility_options()?;
        } else {
            let location = self.location();
            if self.eat(K::Analyze) || self.eat(K::Analyse) {
                options.push(def_elem("analyze", None, location));
            }
            let location = self.location();
            if self.eat(K::Verbose) {
                options.push(def_elem("verbose", None, location));
            }
        }
        let query = self.nested(QUERY, Self::explainable_stmt)?;
        Ok(Statement::Explain(Box::new(ExplainStmt { query, options })))
    }

    fn explainable_stmt(&mut self) -> Result<Statement> {
        match self.keyword() {
            Some(K::Declare) => self.declare_stmt(),
            Some(K::Execute) => self.execute_stmt(),
            Some(K::Refresh) => self.refresh_stmt(),
            Some(K::Create) => {
                self.bump();
                let persistence = self.persistence()?;
                if self.at(K::Materialized) && persistence != Persistence::Temporary {
                    return self.create_materialized_view(persistence);
                }
                self.expect(K::Table)?;
                self.create_table(persistence, Form::As)
            }
            _ => self.preparable_stmt(),
        }
    }

    pub fn vacuum_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Vacuum)?;
        let mut options = Vec::new();
        if self.at('(') {
            options = self.utility_options()?;
        } else {
            for (word, name) in [
                (K::Full, "full"),
                (K::Freeze, "freeze"),
                (K::Verbose, "verbose"),
                (K::Analyze, "analyze"),
                (K::Analyse, "analyze"),
            ] {
                let location = self.location();
                if options.last().is_none_or(|last: &DefElem| last.name != name) && self.eat(word) {
                    options.push(def_elem(name, None, location));
                }
            }
        }
        let relations = self.vacuum_relations()?;
        Ok(Statement::Vacuum(Box::new(VacuumStmt {
            is_vacuum: true,
            options,
            relations,
        })))
    }

    pub fn analyze_stmt(&mut self) -> Result<Statement> {
        self.bump();
        let mut options = Vec::new();
        let location = self.location();
        if self.at('(') {
            options = self.utility_options()?;
        } else if self.eat(K::Verbose) {
            options.push(def_elem("verbose", None, location));
        }
        let relations = self.vacuum_relations()?;
        Ok(Statement::Vacuum(Box::new(VacuumStmt {
            is_vacuum: false,
            options,
            relations,
        })))
    }

    fn vacuum_relations(&mut self) -> Result<Vec<VacuumRelation>> {
        if !self.at_col_id() {
            return Ok(Vec::new());
        }
        self.comma_list(|p| {
            let relation = p.qualified_name()?;
            let columns = p.optional_column_list()?;
            Ok(VacuumRelation { relation, columns })
        })
    }

    pub fn cluster_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Cluster)?;
        let mut stmt = ClusterStmt {
            relation: None,
            index_name: None,
            options: Vec::new(),
        };
        let mut relation_follows = false;
        let location = self.location();
        if self.at('(') {
            stmt.options = self.utility_options()?;
            relation_follows = true;
        } else if self.eat(K::Verbose) {
            stmt.options.push(def_elem("verbose", None, location));
        }
        if relation_follows || self.at_col_id() {
            let old_syntax = self.at_ahead(1, K::On) && !relation_follows;
            if old_syntax {
                stmt.index_name = Some(self.col_id()?);
                self.expect(K::On)?;
            }
            stmt.relation = Some(self.qualified_name()?);
            if !old_syntax && self.eat(K::Using) {
                stmt.index_name = Some(self.col_id()?);
            }
        }
        Ok(Statement::Cluster(Box::new(stmt)))
    }

    pub fn reindex_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Reindex)?;
        let mut options = match self.at('(') {
            true => self.utility_options()?,
            false => Vec::new(),
        };
        let what = self.keyword();
        self.expect_one_of(&[
            (K::Index, ()),
            (K::Table, ()),
            (K::Schema, ()),
            (K::System, ()),
            (K::Database, ()),
        ])?;
        let location = self.location();
        if self.eat(K::Concurrently) {
            options.push(def_elem("concurrently", None, location));
        }
        let target = match what {
            Some(K::Index) => ReindexTarget::Index(self.qualified_name()?),
            Some(K::Table) => ReindexTarget::Table(self.qualified_name()?),
            Some(K::Schema) => ReindexTarget::Schema(self.col_id()?),
            Some(K::System) => ReindexTarget::System(self.col_id()?),
            _ => ReindexTarget::Database(self.col_id()?),
        };
        Ok(Statement::Reindex(Box::new(ReindexStmt { target, options })))
    }

    pub fn notify_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Notify)?;
        let channel = self.col_id()?;
        let payload = match self.eat(',') {
            true => Some(self.sconst()?),
            false => None,
        };
        Ok(Statement::Notify(Box::new(NotifyStmt { channel, payload })))
    }

    pub fn listen_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Listen)?;
        let channel = self.col_id()?;
        Ok(Statement::Listen(Box::new(ListenStmt { channel })))
    }

    pub fn unlisten_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Unlisten)?;
        let channel = match self.eat('*') {
            true => None,
            false => Some(self.col_id()?),
        };
        Ok(Statement::Unlisten(Box::new(UnlistenStmt { channel })))
    }

    pub fn load_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Load)?;
        let filename = self.sconst()?;
        Ok(Statement::Load(Box::new(LoadStmt { filename })))
    }
}
