//! Transactions, savepoints, locks, SET CONSTRAINTS.

use kumquat_types::Result;

use super::cursor::Parser;
use super::options::def_elem;
use crate::ast::*;
use crate::keywords::Keyword as K;

impl Parser<'_> {
    /// BEGIN, START, COMMIT, END, ROLLBACK, ABORT, SAVEPOINT, RELEASE, PREPARE TRANSACTION.
    pub fn transaction_stmt(&mut self) -> Result<Statement> {
        let keyword = self.keyword();
        self.bump();
        let stmt = match keyword {
            Some(K::Begin) => {
                self.opt_transaction();
                TransactionStmt::Begin(self.opt_transaction_modes()?)
            }
            Some(K::Start) => {
                self.expect(K::Transaction)?;
                TransactionStmt::Start(self.opt_transaction_modes()?)
            }
            Some(K::Savepoint) => TransactionStmt::Savepoint(self.col_id()?),
            Some(K::Release) => {
                let word = self.at(K::Savepoint) && self.word_category(1).is_some();
                if word {
                    self.bump();
                }
                TransactionStmt::Release(self.col_id()?)
            }
            Some(K::Prepare) => {
                self.expect(K::Transaction)?;
                TransactionStmt::Prepare(self.sconst()?)
            }
            Some(K::Commit) if self.eat(K::Prepared) => TransactionStmt::CommitPrepared(self.sconst()?),
            Some(K::Rollback) if self.eat(K::Prepared) => TransactionStmt::RollbackPrepared(self.sconst()?),
            Some(K::Commit | K::End) => {
                self.opt_transaction();
                TransactionStmt::Commit {
                    chain: self.opt_chain()?,
                }
            }
            _ => {
                self.opt_transaction();
                if keyword == Some(K::Rollback) && self.eat(K::To) {
                    let word = self.at(K::Savepoint) && self.word_category(1).is_some();
                    if word {
                        self.bump();
                    }
                    TransactionStmt::RollbackTo(self.col_id()?)
                } else {
                    TransactionStmt::Rollback {
                        chain: self.opt_chain()?,
                    }
                }
            }
        };
        Ok(Statement::Transaction(Box::new(stmt)))
    }

    fn opt_transaction(&mut self) {
        if !self.eat(K::Work) {
            self.eat(K::Transaction);
        }
    }

    fn opt_chain(&mut self) -> Result<bool> {
        if !self.eat(K::And) {
            return Ok(false);
        }
        let no = self.eat(K::No);
        self.expect(K::Chain)?;
        Ok(!no)
    }

    pub fn at_transaction_mode(&self) -> bool {
        self.at_any(&[K::Isolation, K::Read, K::Deferrable, K::Not])
    }

    fn opt_transaction_modes(&mut self) -> Result<Vec<DefElem>> {
        match self.at_transaction_mode() {
            true => self.transaction_modes(),
            false => Ok(Vec::new()),
        }
    }

    /// Modes, with or without commas between them.
    pub fn transaction_modes(&mut self) -> Result<Vec<DefElem>> {
        let mut modes = vec![self.transaction_mode()?];
        while self.eat(',') || self.at_transaction_mode() {
            modes.push(self.transaction_mode()?);
        }
        Ok(modes)
    }

    fn transaction_mode(&mut self) -> Result<DefElem> {
        let location = self.location();
        let integer = |name, value| def_elem(name, Some(DefArg::Integer(value)), location);
        if self.eat_all(K::Isolation, &[K::Level])? {
            let level = DefArg::String(self.isolation_level()?.to_owned());
            return Ok(def_elem("transaction_isolation", Some(level), location));
        }
        if self.eat(K::Read) {
            let read_only = self.expect_one_of(&[(K::Only, 1), (K::Write, 0)])?;
            return Ok(integer("transaction_read_only", read_only));
        }
        let deferrable = !self.eat(K::Not);
        self.expect(K::Deferrable)?;
        Ok(integer("transaction_deferrable", i32::from(deferrable)))
    }

    fn isolation_level(&mut self) -> Result<&'static str> {
        if self.eat(K::Read) {
            return self.expect_one_of(&[(K::Uncommitted, "read uncommitted"), (K::Committed, "read committed")]);
        }
        if self.eat_all(K::Repeatable, &[K::Read])? {
            return Ok("repeatable read");
        }
        self.expect(K::Serializable)?;
        Ok("serializable")
    }

    pub fn lock_stmt(&mut self) -> Result<Statement> {
        self.expect(K::Lock)?;
        self.eat(K::Table);
        let relations = self.comma_list(Self::relation_expr)?;
        let mode = match self.eat(K::In) {
            true => self.lock_mode()?,
            false => LockMode::AccessExclusive,
        };
        let nowait = self.eat(K::Nowait);
        Ok(Statement::Lock(Box::new(LockStmt {
            relations,
            mode,
            nowait,
        })))
    }

    fn lock_mode(&mut self) -> Result<LockMode> {
        let share_or_exclusive = |share, exclusive| [(K::Share, share), (K::Exclusive, exclusive)];
        let mode = if self.eat(K::Access) {
            self.expect_one_of(&share_or_exclusive(LockMode::AccessShare, LockMode::AccessExclusive))?
        } else if self.eat(K::Row) {
            self.expect_one_of(&share_or_exclusive(LockMode::RowShare, LockMode::RowExclusive))?
        } else if self.eat(K::Share) {
            if self.eat_all(K::Update, &[K::Exclusive])? {
                LockMode::ShareUpdateExclusive
            } else if self.eat_all(K::Row, &[K::Exclusive])? {
                LockMode::ShareRowExclusive
            } else {
                LockMode::Share
            }
        } else {
            self.expect(K::Exclusive)?;
            LockMode::Exclusive
        };
        self.expect(K::Mode)?;
        Ok(mode)
    }

    /// At `CONSTRAINTS` of SET.
    pub fn set_constraints(&mut self) -> Result<Statement> {
        self.expect(K::Constraints)?;
        let constraints = match self.eat(K::All) {
            true => Vec::new(),
            false => self.qualified_name_list()?,
        };
        let deferred = self.expect_one_of(&[(K::Deferred, true), (K::Immediate, false)])?;
        Ok(Statement::ConstraintsSet(Box::new(ConstraintsSetStmt {
            constraints,
            deferred,
        })))
    }
}
