/**
 * What our cells look like: the first line names the verb and its options, the body is the content; or each line is a
 * command by itself.
 */

export type BodyLanguage = 'markdown' | 'sql' | 'lines';

const BODIES: Record<string, BodyLanguage> = {
  agent: 'markdown',
  eval: 'markdown',
  generate: 'markdown',
  llm: 'markdown',
  ml: 'sql',
  prompt: 'markdown',
  rag: 'markdown',
  sql: 'sql'
};

const HEADER = /^%%(?:motadata_)?([a-z]+)(?=\s|$)/;

const LINE =
  /^%(?:motadata(?:_[a-z]+)?|agent|budget|cache|cassette|cost|dashboard|ingest|ml|prompt|rag|serve|trace)(?=\s|$)/;

/** The language of the body when the text is one of our cells, else null. */
export function bodyLanguage(firstLine: string, all: () => string): BodyLanguage | null {
  const found = HEADER.exec(firstLine);
  if (found) {
    return BODIES[found[1]] ?? null;
  }
  if (!LINE.test(firstLine)) {
    return null;
  }
  const lines = all().split('\n');
  return lines.every(line => !line.trim() || line.startsWith('#') || LINE.test(line)) ? 'lines' : null;
}

export interface Piece {
  kind: 'magic' | 'name' | 'option' | 'value' | 'open' | 'expression' | 'close';
  from: number;
  to: number;
}

/** The words of the first line: `%%rag`, names, `--options` and their values. */
export function headerPieces(line: string): Piece[] {
  const pieces: Piece[] = [];
  const word = /"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\S+/g;
  let afterOption = false;
  for (let found = word.exec(line); found; found = word.exec(line)) {
    const text = found[0];
    const from = found.index;
    const option = text.startsWith('--');
    const kind = from === 0 ? 'magic' : option ? 'option' : afterOption || /^["']/.test(text) ? 'value' : 'name';
    pieces.push({ kind, from, to: from + text.length });
    afterOption = option && !FLAGS.has(text);
  }
  return pieces;
}

const FLAGS = new Set(['--raw', '--dry-run', '--no-cache', '--quiet', '--explain', '--check', '--run', '--bg', '--ocr']);

/** Each `{{ … }}` of a text; one that is not closed ends with the line. */
export function templatePieces(text: string, offset: number): Piece[][] {
  const found: Piece[][] = [];
  const template = /\{\{([^\n]*?)(\}\}|$)/gm;
  for (let match = template.exec(text); match; match = template.exec(text)) {
    const from = offset + match.index;
    const inner = from + 2 + match[1].length;
    const group: Piece[] = [{ kind: 'open', from, to: from + 2 }];
    if (match[1]) {
      group.push({ kind: 'expression', from: from + 2, to: inner });
    }
    if (match[2]) {
      group.push({ kind: 'close', from: inner, to: inner + 2 });
    }
    found.push(group);
  }
  return found;
}
