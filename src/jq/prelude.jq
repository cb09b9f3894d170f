# What jq defines in jq, as jq does. Names that begin with _ are functions of the engine or of natives.rs.

# Paths
def del(f): delpaths([path(f)]);
def getpath($path):
  if $path | type != "array" then error("Path must be specified as an array")
  else reduce $path[] as $key (.; .[$key]) end;
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def pick(f): . as $in | reduce path(f) as $path (null; setpath($path; $in | getpath($path)));
def map_values(f): .[] |= f;
def walk(f):
  def each: if type == "object" then map_values(each) elif type == "array" then map(each) else . end | f;
  each;
def tostream:
  path(def each: (.[]? | each), .; each) as $path | getpath($path) | reduce path(.[]?) as $key ([$path, .]; [$path + $key]);
def fromstream(f): {x: null, e: false} as $init
  | foreach f as $event ($init;
      if .e then $init else . end
      | if $event | length == 2
        then setpath(["e"]; $event[0] | length == 0) | setpath(["x"] + $event[0]; $event[1])
        else setpath(["e"]; $event[0] | length == 1) end;
      if .e then .x else empty end);
def truncate_stream(stream):
  . as $n | null | stream | . as $event
  | if (.[0] | length) > $n then setpath([0]; $event[0][$n:]) else empty end;

# Streams
def limit($n; f): if $n < 0 then error("limit doesn't support negative count") else _limit($n; f) end;
def skip($n; f): if $n < 0 then error("skip doesn't support negative count") else _skip($n; f) end;
def nth($n; f):
  if $n < 0 then error("nth doesn't support negative indices") else first(skip($n; f)) end;
def IN(s): any(s == .; .);
def IN(f; s): any(f == s; .);
def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] = $row);
def INDEX(f): INDEX(.[]; f);
def JOIN($index; f): [.[] | [., $index[f]]];
def JOIN($index; stream; f): stream | [., $index[f]];
def JOIN($index; stream; f; g): stream | [., $index[f]] | g;

# Arrays and objects
def _array($done): if type == "array" then . else error("\(_told) cannot be \($done), as it is not an array") end;
def sort: _array("sorted") | _sort;
def keys: if type == "object" or type == "array" then keys_unsorted | _sort else error("\(_told) has no keys") end;
def unique: sort | unique_by(.);
def toarray: if type == "array" then . else [.] end;
def transpose: [range(map(length) | max // 0) as $i | [.[][$i]]];
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $rest | [$x] + $rest end;
def combinations($n): . as $dot | [range($n) | $dot] | combinations;
def _flatten($depth):
  reduce .[] as $x ([]; if $x | type == "array" and $depth != 0 then . + ($x | _flatten($depth - 1)) else . + [$x] end);
def flatten($depth):
  if $depth < 0 then error("flatten depth must not be negative") else _flatten($depth) end;
def flatten: _flatten(-1);
def join($s):
  reduce .[] as $x (null;
    (if . == null then "" else . + $s end)
    + ($x | if type == "boolean" or type == "number" then tostring else . // "" end)) // "";
# jq 1.8 takes key, Key, name, Name, value and Value; those before it took more, and they do no harm.
def _key:
  if .key == null then .k // .name // .Name // .K // .Key else .key end
  | if type == "boolean" or type == "number" then tojson else . end;
def from_entries:
  reduce .[] as $x ({};
    . + {($x | _key): ($x | if has("value") then .value elif has("v") then .v elif has("Value") then .Value else .V end)});
def with_entries(f): to_entries | map(f) | from_entries;

# Texts
def _texts($name; $x; f):
  if type == "string" and ($x | type == "string") then f else error("\($name)() requires string inputs") end;
def startswith($x): _texts("startswith"; $x; _startswith($x));
def endswith($x): _texts("endswith"; $x; _endswith($x));
def ltrimstr($x): _texts("startswith"; $x; _ltrimstr($x));
def rtrimstr($x): _texts("endswith"; $x; _rtrimstr($x));
def trimstr($x): ltrimstr($x) | rtrimstr($x);
def _trimmed(f): if type == "string" then f else error("trim input must be a string") end;
def trim: _trimmed(_trim);
def ltrim: _trimmed(_ltrim);
def rtrim: _trimmed(_rtrim);
def utf8bytelength:
  if type == "string" then _utf8bytelength else error("\(_told) only strings have UTF-8 byte length") end;
def toboolean:
  if type == "boolean" then . elif . == "true" then true elif . == "false" then false
  else error("\(_told) cannot be parsed as a boolean") end;
def have_literal_numbers: true;
def have_decnum: false;

# Regular expressions
def _pattern:
  if type == "string" then [., null]
  elif type == "array" and length > 0 then [.[0], .[1]]
  else error(type + " not a string or array") end;
def match($re; $flags): _match($re; $flags)[];
def match($x): ($x | _pattern) as [$re, $flags] | match($re; $flags);
def test($re; $flags): _test($re; $flags);
def test($x): ($x | _pattern) as [$re, $flags] | test($re; $flags);
def capture($re; $flags):
  match($re; $flags) | reduce (.captures[] | select(.name != null)) as $group ({}; . + {($group.name): $group.string});
def capture($x): ($x | _pattern) as [$re, $flags] | capture($re; $flags);
def scan($re; $flags):
  match($re; "g" + $flags) | if .captures | length > 0 then [.captures[].string] else .string end;
def scan($re): scan($re; null);
def split($re; $flags): _split($re; "g" + $flags);
def splits($re; $flags): split($re; $flags)[];
def splits($re): splits($re; null);
def sub($re; f; $flags):
  . as $in | _pieces($re; $flags) as [$pieces, $rest]
  | (reduce $pieces[] as [$gap, $groups] ([];
        reduce ([$groups | f] | to_entries[]) as {$key, $value} (.; .[$key] += $gap + $value))
      | .[] + $rest) // $in;
def sub($re; f): sub($re; f; "");
def gsub($re; f; $flags): sub($re; f; $flags + "g");
def gsub($re; f): sub($re; f; "g");

# Formats
def @csv:
  if type == "array" then . else error("\(_told) cannot be csv-formatted, only array") end
  | map(
      if type == "string" then "\"" + (. / "\"" | join("\"\"")) + "\""
      elif type == "null" then ""
      elif type == "object" or type == "array" then error("\(_told) is not valid in a csv row")
      else tojson end)
  | join(",");
def _escape($what; $with): . / $what | join($with);
def @tsv:
  if type == "array" then . else error("\(_told) cannot be tsv-formatted, only array") end
  | map(
      if type == "string" then _escape("\\"; "\\\\") | _escape("\t"; "\\t") | _escape("\n"; "\\n") | _escape("\r"; "\\r")
      elif type == "null" then ""
      elif type == "object" or type == "array" then error("\(_told) is not valid in a tsv row")
      else tojson end)
  | join("\t");
def @sh:
  [if type == "array" then .[] else . end
    | if type == "string" then "'\(escape_sh)'"
      elif type == "object" or type == "array" then error("\(_told) can not be escaped for shell")
      else tojson end]
  | join(" ");
def @base64d: tostring | _base64d;
def @urid: tostring | _urid;

# Times
def strptime($format): _strptime($format);
def strftime($format):
  if ($format | type) != "string" then error("strftime/1 requires a string format") else . end
  | if type == "array" then _epoch("strftime/1")
    elif type == "number" then . else error("strftime/1 requires parsed datetime inputs") end
  | _format($format) | _strftime($format);
def mktime: if type == "array" then _epoch("mktime") else error("mktime requires array inputs") end;
def gmtime: if type == "number" then _gmtime else error("gmtime() requires numeric inputs") end;
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def todate: todateiso8601;
def date: todate;
def dateadd($unit; $n): . + $n;
def datesub($unit; $n): . - $n;

# Numbers
def gamma: lgamma;
def lgamma_r: [lgamma, (tgamma | if . < 0 then -1 else 1 end)];
