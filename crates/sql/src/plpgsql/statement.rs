//! Statements, by their first word.

use kumquat_types::{Error, Result, SqlState};

use super::ast::*;
use super::reader::{Reader, Until, unknown_variable};
use crate::ast::Location;
use crate::lexer::Tok;
use crate::parser::{QUERY, error_at};

impl Reader<'_> {
    /// Statements up to a word that ends their list.
    pub fn statements(&mut self) -> Result<Vec<Stmt>> {
        let ends = ["end", "exception", "elsif", "elseif", "else", "when"];
        let mut statements = Vec::new();
        while !ends.iter().any(|word| self.at_word(word)) || self.at_assignment() {
            statements.push(self.statement()?);
        }
        Ok(statements)
    }

    fn statement(&mut self) -> Result<Stmt> {
        let location = self.parser.location();
        let line = self.line(self.parser.offset());
        let kind = match self.label()? {
            Some(label) => self.labelled(Some(label))?,
            None => self.unlabelled(location)?,
        };
        Ok(Stmt { line, location, kind })
    }

    /// A block or a loop.
    fn labelled(&mut self, label: Option<String>) -> Result<StmtKind> {
        self.deeper(|r| {
            if r.at_word("declare") || r.at_word("begin") {
                let block = r.block(label)?;
                r.parser.expect(';')?;
                return Ok(StmtKind::Block(Box::new(block)));
            }
            r.loop_statement(label)
        })
    }

    /// Runs a rule one level deeper.
    fn deeper<T>(&mut self, rule: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.parser.enter(QUERY)?;
        let result = rule(self);
        self.parser.leave(QUERY);
        result
    }

    fn unlabelled(&mut self, location: Location) -> Result<StmtKind> {
        if self.at_assignment() {
            return self.assignment();
        }
        let Some(word) = self.word() else {
            return self.other_statement();
        };
        if matches!(
            word.as_str(),
            "declare" | "begin" | "loop" | "while" | "for" | "foreach"
        ) {
            return self.labelled(None);
        }
        let own = [
            "if", "case", "exit", "continue", "return", "raise", "assert", "execute", "perform", "get", "open",
            "fetch", "move", "close", "null", "commit", "rollback",
        ];
        if !own.contains(&word.as_str()) {
            return self.other_statement();
        }
        self.parser.bump();
        match word.as_str() {
            "if" => self.deeper(Self::if_statement),
            "case" => self.deeper(Self::case_statement),
            "exit" => self.exit_statement(true, location),
            "continue" => self.exit_statement(false, location),
            "return" => self.return_statement(location),
            "raise" => self.raise_statement(),
            "assert" => self.assert_statement(),
            "execute" => self.execute_statement(),
            "perform" => Ok(StmtKind::Perform(self.last_expression(true)?)),
            "get" => self.get_diagnostics(location),
            "open" => self.open_statement(),
            "fetch" => self.fetch_statement(false),
            "move" => self.fetch_statement(true),
            "close" => {
                let cursor = self.place()?;
                self.parser.expect(';')?;
                Ok(StmtKind::Close(cursor))
            }
            "commit" => Ok(StmtKind::Commit { chain: self.chain()? }),
            "rollback" => Ok(StmtKind::Rollback { chain: self.chain()? }),
            _ => {
                self.parser.expect(';')?;
                Ok(StmtKind::Null)
            }
        }
    }

    /// `AND [NO] CHAIN;`
    fn chain(&mut self) -> Result<bool> {
        let mut chain = false;
        if self.eat_word("and") {
            chain = !self.eat_word("no");
            self.expect_word("chain")?;
        }
        self.parser.expect(';')?;
        Ok(chain)
    }

    /// Whether a known variable stands here, to be assigned to.
    fn at_assignment(&self) -> bool {
        let assigns = |ahead| matches!(self.parser.tok_at(ahead), Tok::Char('=' | '[') | Tok::ColonEquals);
        match self.parser.tok() {
            Tok::Param(_) => true,
            Tok::Ident(_) | Tok::Keyword(_) if self.at_reserved() => false,
            Tok::Ident(_) | Tok::Keyword(_) => {
                let path = self.path_ahead();
                let dotted = path.len() > 1;
                (dotted || assigns(1)) && self.scopes.variable(&path).is_some()
            }
            _ => false,
        }
    }

    fn assignment(&mut self) -> Result<StmtKind> {
        // To SQL's grammar, which reads assignments, the variable is a column.
        if !self.parser.at_col_id() && !matches!(self.parser.tok(), Tok::Param(_)) {
            return self.parser.unexpected();
        }
        let start = self.parser.offset();
        let target = self.target()?;
        if !self.parser.eat('=') {
            if !matches!(self.parser.tok(), Tok::ColonEquals) {
                return self.parser.unexpected();
            }
            self.parser.bump();
        }
        let before = self
            .parser
            .text
            .get(start..self.parser.offset())
            .unwrap_or_default()
            .to_owned();
        let expression = self.last_expression(true)?;
        let text = format!("{before}{}", expression.text);
        Ok(StmtKind::Assign {
            target,
            expression,
            text,
        })
    }

    /// A statement of SQL, or an assignment to what is no variable.
    fn other_statement(&mut self) -> Result<StmtKind> {
        let sql_word = ["insert", "merge", "import", "call", "do"]
            .iter()
            .any(|word| self.at_word(word));
        let name = matches!(self.parser.tok(), Tok::Ident(_) | Tok::Keyword(_));
        if !name || self.at_reserved() || self.at_unreserved() && !sql_word {
            return self.parser.unexpected();
        }
        let location = self.parser.location();
        let path = self.path_ahead();
        let after = self.parser.tok_at(path.len() * 2 - 1);
        if !sql_word && matches!(after, Tok::Char('=' | '[' | '.') | Tok::ColonEquals) {
            return Err(unknown_variable(&path.join("."), location));
        }
        if self.at_word("call") || self.at_word("do") {
            let sql = Box::new(self.sql_statement()?);
            return Ok(StmtKind::Sql { sql, into: None });
        }
        self.sql_with_into()
    }

    /// A statement of SQL, from which an INTO clause is taken out.
    fn sql_with_into(&mut self) -> Result<StmtKind> {
        let mut into: Option<(usize, usize, Into)> = None;
        let mut ahead = 0;
        let start = self.parser.index();
        loop {
            match self.parser.tok_at(ahead) {
                Tok::Char(';') => break,
                Tok::Error(error) => return Err(error.clone()),
                Tok::End => {
                    return Err(self.parser.error_ahead(ahead, "unexpected end of function definition"));
                }
                _ => {}
            }
            let target_follows = self.at_word_ahead(ahead, "into") && {
                // INSERT INTO, MERGE INTO and IMPORT ... INTO name tables.
                let before = |word| ahead > 0 && self.at_word_ahead(ahead - 1, word);
                !before("insert") && !before("merge") && !self.at_word("import")
            };
            if !target_follows {
                ahead += 1;
                continue;
            }
            if into.is_some() {
                return Err(self.parser.error_ahead(ahead, "INTO specified more than once"));
            }
            self.parser.seek(start + ahead + 1);
            let strict = self.eat_word("strict");
            let targets = self.targets()?;
            let end = self.parser.index();
            self.parser.seek(start);
            into = Some((ahead, end - start, Into { strict, targets }));
            ahead = end - start;
        }
        let gap = into.as_ref().map(|(from, to, _)| (*from, *to));
        let location = self.parser.location();
        let (text, mut inner) = self.parser.take_without(ahead, gap);
        let statement = super::reader::whole_statement(&mut inner)?;
        self.parser.expect(';')?;
        let sql = Box::new(Sql {
            text,
            statement,
            location,
        });
        Ok(StmtKind::Sql {
            sql,
            into: into.map(|(.., into)| into),
        })
    }

    /// `EXECUTE query INTO targets USING params;` after EXECUTE, INTO and USING in any order.
    fn execute_statement(&mut self) -> Result<StmtKind> {
        let ends = [Until::Word("into"), Until::Word("using"), Until::Char(';')];
        let query = self.expression(&ends, "INTO or USING or ;")?;
        let mut into = None;
        let mut using = Vec::new();
        loop {
            if into.is_none() && self.eat_word("into") {
                let strict = self.eat_word("strict");
                into = Some(Into {
                    strict,
                    targets: self.targets()?,
                });
            } else if using.is_empty() && self.eat_word("using") {
                using = self.using_list(
                    &[Until::Char(','), Until::Char(';'), Until::Word("into")],
                    ", or ; or INTO",
                )?;
            } else {
                self.parser.expect(';')?;
                return Ok(StmtKind::Execute {
                    dynamic: Dynamic { query, using },
                    into,
                });
            }
        }
    }

    fn using_list(&mut self, ends: &[Until], expected: &str) -> Result<Vec<Expression>> {
        let mut using = Vec::new();
        loop {
            using.push(self.expression(ends, expected)?);
            if !self.parser.eat(',') {
                return Ok(using);
            }
        }
    }

    /// A query made at run time, with USING, up to the first of the ends.
    pub fn dynamic(&mut self, ends: &[Until], expected: &str) -> Result<Dynamic> {
        let query = self.expression(ends, expected)?;
        let mut using = Vec::new();
        if self.eat_word("using") {
            let mut list_ends = vec![Until::Char(',')];
            list_ends.extend(ends.iter().filter(|end| !matches!(end, Until::Word("using"))));
            using = self.using_list(&list_ends, &format!(", or {}", expected.replace(" or USING", "")))?;
        }
        Ok(Dynamic { query, using })
    }

    fn assert_statement(&mut self) -> Result<StmtKind> {
        let condition = self.expression(&[Until::Char(','), Until::Char(';')], ", or ;")?;
        let message = match self.parser.eat(',') {
            true => Some(self.last_expression(false)?),
            false => {
                self.parser.expect(';')?;
                None
            }
        };
        Ok(StmtKind::Assert { condition, message })
    }

    fn raise_statement(&mut self) -> Result<StmtKind> {
        let mut raise = Raise {
            level: RaiseLevel::Exception,
            condition: None,
            format: None,
            parameters: Vec::new(),
            options: Vec::new(),
        };
        if self.parser.eat(';') {
            return Ok(StmtKind::Raise(Box::new(raise)));
        }
        let levels = [
            ("exception", RaiseLevel::Exception),
            ("warning", RaiseLevel::Warning),
            ("notice", RaiseLevel::Notice),
            ("info", RaiseLevel::Info),
            ("log", RaiseLevel::Log),
            ("debug", RaiseLevel::Debug),
        ];
        if let Some((word, level)) = levels.iter().find(|(word, _)| self.at_word(word)) {
            self.eat_word(word);
            raise.level = *level;
        }
        if self.parser.at_end() {
            return Err(self.parser.error_here("unexpected end of function definition"));
        }
        if self.parser.at_sconst() {
            raise.format = Some(self.parser.sconst()?);
            let ends = [Until::Char(','), Until::Char(';'), Until::Word("using")];
            if !self.parser.at(',') && !self.parser.at(';') && !self.at_word("using") {
                return self.parser.unexpected();
            }
            while self.parser.eat(',') {
                raise.parameters.push(self.expression(&ends, ", or ; or USING")?);
            }
        } else if !self.at_word("using") {
            raise.condition = Some(self.raised_condition()?);
        }
        if self.eat_word("using") {
            raise.options = self.raise_options()?;
        }
        check_raise_parameters(&raise)?;
        self.parser.expect(';')?;
        Ok(StmtKind::Raise(Box::new(raise)))
    }

    fn raised_condition(&mut self) -> Result<Condition> {
        if self.eat_word("sqlstate") {
            return self.sqlstate_literal();
        }
        let condition = super::block::named_condition(self.any_identifier()?)?;
        match self.parser.at(';') || self.at_word("using") {
            true => Ok(condition),
            false => self.parser.unexpected(),
        }
    }

    /// `option = expression, ...` after USING.
    fn raise_options(&mut self) -> Result<Vec<(RaiseOption, Expression)>> {
        let names = [
            ("errcode", RaiseOption::Errcode),
            ("message", RaiseOption::Message),
            ("detail", RaiseOption::Detail),
            ("hint", RaiseOption::Hint),
            ("column", RaiseOption::Column),
            ("constraint", RaiseOption::Constraint),
            ("datatype", RaiseOption::Datatype),
            ("table", RaiseOption::Table),
            ("schema", RaiseOption::Schema),
        ];
        let mut options = Vec::new();
        loop {
            let Some((_, option)) = names.iter().find(|(name, _)| self.at_word(name)) else {
                return Err(self.parser.error_here("unrecognized RAISE statement option"));
            };
            self.parser.bump();
            if !self.parser.eat('=') {
                if !matches!(self.parser.tok(), Tok::ColonEquals) {
                    return Err(self.parser.error_here("syntax error, expected \"=\""));
                }
                self.parser.bump();
            }
            let value = self.expression(&[Until::Char(','), Until::Char(';')], ", or ;")?;
            options.push((*option, value));
            if !self.parser.eat(',') {
                return Ok(options);
            }
        }
    }

    fn get_diagnostics(&mut self, location: Location) -> Result<StmtKind> {
        let stacked = self.eat_word("stacked");
        if !stacked {
            self.eat_word("current");
        }
        self.expect_word("diagnostics")?;
        let mut items = Vec::new();
        loop {
            let target = self.target()?;
            if !self.parser.eat('=') {
                if !matches!(self.parser.tok(), Tok::ColonEquals) {
                    return self.parser.unexpected();
                }
                self.parser.bump();
            }
            let Some((_, item)) = DIAGNOSTICS.iter().find(|(name, _)| self.at_word(name)) else {
                return Err(self.parser.error_here("unrecognized GET DIAGNOSTICS item"));
            };
            self.parser.bump();
            items.push((target, *item));
            if !self.parser.eat(',') {
                break;
            }
        }
        self.parser.expect(';')?;
        check_diagnostics(stacked, &items, location)?;
        Ok(StmtKind::GetDiagnostics { stacked, items })
    }
}

/// The items of GET DIAGNOSTICS.
const DIAGNOSTICS: &[(&str, DiagnosticsItem)] = &[
    ("row_count", DiagnosticsItem::RowCount),
    ("pg_context", DiagnosticsItem::PgContext),
    ("pg_exception_context", DiagnosticsItem::PgExceptionContext),
    ("pg_exception_detail", DiagnosticsItem::PgExceptionDetail),
    ("pg_exception_hint", DiagnosticsItem::PgExceptionHint),
    ("returned_sqlstate", DiagnosticsItem::ReturnedSqlstate),
    ("column_name", DiagnosticsItem::ColumnName),
    ("constraint_name", DiagnosticsItem::ConstraintName),
    ("pg_datatype_name", DiagnosticsItem::PgDatatypeName),
    ("message_text", DiagnosticsItem::MessageText),
    ("table_name", DiagnosticsItem::TableName),
    ("schema_name", DiagnosticsItem::SchemaName),
];

/// Items that belong to an exception are STACKED's alone, ROW_COUNT is not.
fn check_diagnostics(stacked: bool, items: &[(Target, DiagnosticsItem)], location: Location) -> Result<()> {
    use DiagnosticsItem::{PgContext, RowCount};
    for (_, item) in items {
        let (refused, area) = match stacked {
            true => (matches!(item, RowCount | PgContext), "STACKED"),
            false => (!matches!(item, RowCount | PgContext), "CURRENT"),
        };
        let name = DIAGNOSTICS
            .iter()
            .find(|(_, known)| known == item)
            .map_or("", |(name, _)| name);
        if refused {
            let name = name.to_ascii_uppercase();
            let message = format!("diagnostics item {name} is not allowed in GET {area} DIAGNOSTICS");
            return Err(error_at(SqlState::SYNTAX_ERROR, message, location));
        }
    }
    Ok(())
}

/// Each `%` of the format needs a parameter; `%%` is a percent sign.
fn check_raise_parameters(raise: &Raise) -> Result<()> {
    let format = raise.format.as_deref().unwrap_or_default();
    let expected = format.replace("%%", "").matches('%').count();
    let refuse = |many: &str| {
        let message = format!("too {many} parameters specified for RAISE");
        Err(Error::new(SqlState::SYNTAX_ERROR, message))
    };
    match raise.parameters.len() {
        given if given < expected => refuse("few"),
        given if given > expected => refuse("many"),
        _ => Ok(()),
    }
}
