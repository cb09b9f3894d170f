//! What cannot be read, by what it begins with: named as what it is, with the way round.

/// What a file is, and the program that turns it into one that can be read.
pub struct Alien {
    what: &'static str,
    way: &'static str,
}

/// How a capture becomes lines.
const TSHARK: &str = "tshark -r FILE -T ek > rows.jsonl";

/// Where the sign of a kind of file stands, the sign, what the file is, and the way round; `FILE` stands for its name.
const KINDS: &[(usize, &[u8], &str, &str)] = &[
    (0, b"PAR1", "Parquet", "duckdb -json -c \"SELECT * FROM 'FILE'\" > rows.json"),
    (0, b"Obj\x01", "Avro", "avro-tools tojson FILE > rows.jsonl"),
    (0, b"ElfFile\0", "a Windows event log (EVTX)", "evtx_dump -o jsonl FILE > rows.jsonl"),
    (0, b"LPKSHHRH", "a journal of systemd", "journalctl --file FILE -o json > rows.jsonl"),
    (0, b"\xd4\xc3\xb2\xa1", "a packet capture", TSHARK),
    (0, b"\xa1\xb2\xc3\xd4", "a packet capture", TSHARK),
    (0, b"\x0a\x0d\x0d\x0a", "a packet capture", TSHARK),
    (0, b"BZh", "compressed with bzip2", "bzip2 -dc FILE | backstory import -"),
    (0, b"\xfd7zXZ\0", "compressed with xz", "xz -dc FILE | backstory import -"),
    (0, b"\x04\x22\x4d\x18", "compressed with lz4", "lz4 -dc FILE | backstory import -"),
    (0, b"7z\xbc\xaf\x27\x1c", "an archive of 7-Zip", "7z x FILE"),
    (0, b"Rar!", "an archive of RAR", "unrar x FILE"),
    (257, b"ustar", "a tar archive", "tar -xf FILE"),
    (8, b"DUCK", "a database of DuckDB", "duckdb FILE -json -c \"SELECT * FROM TABLE_NAME\" > rows.json"),
    (0, b"PGDMP", "a dump of PostgreSQL", "pg_restore --data-only -f rows.sql FILE"),
    (0, b"%PDF", "a PDF", ""),
    (0, b"\x89PNG", "a picture", ""),
    (0, b"\xff\xd8\xff", "a picture", ""),
    (0, b"GIF8", "a picture", ""),
    (0, b"\x7fELF", "a program", ""),
    (0, b"<?xml", "XML", "yq -p xml -o json FILE > rows.json"),
    (0, b"<!DOCTYPE", "a web page", ""),
    (0, b"<html", "a web page", ""),
];
/// How much of a file is looked at to tell whether it is text.
const TEXT: usize = 512;
/// What stands in the names of a zip that is a workbook.
const WORKBOOK: &str = "xl/workbook.xml";

impl Alien {
    /// What a stream is whose first bytes these are; `None` where it may be text.
    pub fn told(head: &[u8]) -> Option<Self> {
        let known = KINDS.iter().find(|(at, sign, ..)| {
            // Text may begin with blanks.
            let head = if sign.starts_with(b"<") { head.trim_ascii_start() } else { head };
            head.get(*at..).is_some_and(|rest| rest.starts_with(sign))
        });
        if let Some((_, _, what, way)) = known {
            return Some(Self { what, way });
        }
        let wide = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
        let binary = head.iter().take(TEXT).any(|byte| *byte == 0) && !wide;
        binary.then_some(Self { what: "no text", way: "" })
    }

    /// What a zip is whose members have these names; `None` where its members are read.
    pub fn of_zip<'a>(mut members: impl Iterator<Item = &'a str>) -> Option<Self> {
        members.any(|member| member == WORKBOOK).then_some(Self {
            what: "a workbook (xlsx)",
            way: "duckdb -json -c \"SELECT * FROM read_xlsx('FILE')\" > rows.json",
        })
    }

    /// What is said of it.
    pub fn reason(&self, name: &str) -> String {
        if self.way.is_empty() {
            return format!("it is {}, not a log", self.what);
        }
        format!("it is {}, which is not read here: {}", self.what, self.way.replace("FILE", name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_its_first_bytes() {
        let told = |head: &[u8]| Alien::told(head).map(|alien| alien.reason("a b.x"));
        assert_eq!(
            told(b"PAR1\x15\x04").as_deref(),
            Some(
                "it is Parquet, which is not read here: duckdb -json -c \"SELECT * FROM 'a b.x'\" > rows.json"
            )
        );
        assert!(told(b"  <?xml version").unwrap().contains("XML"));
        assert!(told(b"\x89PNG\r\n").unwrap().contains("a picture"));
        assert!(told(&[&[b'a'; 257][..], b"ustar\0"].concat()).unwrap().contains("tar"));
        assert!(told(b"a\0b").unwrap().contains("no text"));
        for text in ["{\"a\":1}", "a,b\n", "<34>1 2003", "ORDERS,1"] {
            assert_eq!(told(text.as_bytes()), None, "{text}");
        }
        assert!(Alien::of_zip(["_rels", "xl/workbook.xml"].into_iter()).is_some());
    }
}
