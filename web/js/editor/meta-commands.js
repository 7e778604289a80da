// psql's meta-commands, with what they do in psql's own words or fewer.

const COMMANDS = `
\\d|describe a table, view, sequence or index
\\d+|describe, with storage and comments
\\dt|list tables
\\di|list indexes
\\dv|list views
\\ds|list sequences
\\df|list functions
\\dn|list schemas
\\du|list roles
\\dT|list types
\\dx|list extensions
\\dp|list privileges
\\l|list databases
\\c|connect to another database or node
\\conninfo|say what this connection is
\\x|expanded output, on or off
\\t|rows only, on or off
\\a|aligned output, on or off
\\pset|set an option of the output
\\timing|print how long statements take
\\g|run the statement
\\gx|run it with expanded output
\\gset|run it and keep its row in variables
\\gexec|run it, then run each cell of its result
\\gdesc|describe its result without running it
\\i|run a file
\\copy|copy between a file and a table
\\set|set a variable
\\unset|unset a variable
\\echo|print a text
\\if|begin a conditional block
\\elif|another condition
\\else|otherwise
\\endif|end the block
\\p|print the statement begun
\\r|forget the statement begun
\\errverbose|print the last error in full
\\sf|show a function's definition
\\sv|show a view's definition
\\?|list the meta-commands
\\h|help on SQL
\\q|quit`;

export const metaCommands = COMMANDS.trim()
  .split('\n')
  .map((line) => {
    const [label, detail] = line.split('|');
    return { label, detail };
  });
