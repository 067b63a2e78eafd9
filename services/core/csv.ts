/** Comma-separated values with double quotes (RFC 4180); empty lines are left out. */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let cell = '';
  let quoted = false;
  const endRecord = () => {
    record.push(cell);
    if (record.length > 1 || cell !== '') records.push(record);
    record = [];
    cell = '';
  };
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (quoted && char === '"' && text.charAt(i + 1) === '"') {
      cell += '"';
      i += 1;
    } else if (char === '"') {
      quoted = !quoted;
    } else if (!quoted && char === ',') {
      record.push(cell);
      cell = '';
    } else if (!quoted && char === '\n') {
      endRecord();
    } else if (quoted || char !== '\r') {
      cell += char;
    }
  }
  endRecord();
  return records;
}

/** One line, with its line end; cells are quoted where they must be. */
export function formatCsvRecord(cells: readonly (string | number | boolean | null)[]): string {
  return `${cells.map((cell) => quoteCell(cell === null ? '' : String(cell))).join(',')}\n`;
}

function quoteCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Records by column name; the first record is the heading, a byte order mark before it is dropped. */
export function parseCsvTable(text: string): { columns: string[]; rows: Record<string, string>[] } {
  const [heading = [], ...records] = parseCsv(text.replace(/^\uFEFF/, ''));
  const columns = heading.map((name) => name.trim());
  const rows = records.map((record) =>
    Object.fromEntries(columns.map((name, index) => [name, record[index]?.trim() ?? ''])),
  );
  return { columns, rows };
}
