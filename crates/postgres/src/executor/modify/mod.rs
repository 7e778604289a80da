//! ModifyTable: INSERT, UPDATE, DELETE and MERGE.

use kumquat_types::{Error, Result};

use super::context::Context;
use super::operator::Operator;
use crate::planner::Plan;
use crate::planner::plan::ModifyTable;

pub fn build(_ctx: &mut Context<'_, '_>, _plan: &Plan, _modification: &ModifyTable) -> Result<Box<dyn Operator>> {
    Err(Error::not_modelled("this command"))
}
