import { Language, defineLanguageFacet, languageDataProp, syntaxHighlighting } from '@codemirror/language';
import { Compartment, Extension, Prec } from '@codemirror/state';
import { EditorView, ViewPlugin, ViewUpdate } from '@codemirror/view';
import { CodeEditor } from '@jupyterlab/codeeditor';
import { IEditorExtensionFactory, IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import {
  Input,

  NodeSet,
  NodeType,
  Parser,
  PartialParse,
  SyntaxNodeRef,
  Tree,
  TreeFragment,
  parseMixed
} from '@lezer/common';
import { Tag, styleTags, tagHighlighter, tags } from '@lezer/highlight';

import { BodyLanguage, Piece, bodyLanguage, headerPieces, templatePieces } from './cells';

const MIMES: Record<Exclude<BodyLanguage, 'lines'>, string> = { markdown: 'text/x-ipythongfm', sql: 'text/x-sql' };
const CODE = new Set(['text/x-ipython', 'text/x-python']);

const templateMark = Tag.define();
const templateExpression = Tag.define();
const data = defineLanguageFacet({});

const NAMES = ['Cell', 'Header', 'Body', 'Template', 'magic', 'name', 'option', 'value', 'open', 'expression', 'close'];
const [CELL, HEADER, BODY, TEMPLATE] = [0, 1, 2, 3];

const nodes = new NodeSet(NAMES.map((name, id) => NodeType.define({ id, name, top: id === CELL }))).extend(
  styleTags({
    magic: tags.meta,
    name: tags.definition(tags.variableName),
    option: tags.attributeName,
    value: tags.string,
    open: templateMark,
    close: templateMark,
    expression: templateExpression
  }),
  languageDataProp.add({ Cell: data })
);

const marks = syntaxHighlighting(
  tagHighlighter([
    { tag: templateMark, class: 'mn-template-mark' },
    { tag: templateExpression, class: 'mn-template' }
  ])
);

function leaves(pieces: Piece[], start: number): { trees: Tree[]; positions: number[] } {
  return {
    trees: pieces.map(p => new Tree(nodes.types[NAMES.indexOf(p.kind)], [], [], p.to - p.from)),
    positions: pieces.map(p => p.from - start)
  };
}

function branch(id: number, pieces: Piece[], start: number, length: number): Tree {
  const { trees, positions } = leaves(pieces, start);
  return new Tree(nodes.types[id], trees, positions, length);
}

/** The tree of a whole cell; cells are short, so it is built in one go. */
export function cellTree(text: string): Tree {
  const newline = text.indexOf('\n');
  const end = newline < 0 ? text.length : newline;
  const header = branch(HEADER, headerPieces(text.slice(0, end)), 0, end);
  if (newline < 0) {
    return new Tree(nodes.types[CELL], [header], [0], text.length);
  }
  const start = newline + 1;
  const templates = templatePieces(text.slice(start), start);
  const children = templates.map(group => {
    const from = group[0].from;
    return branch(TEMPLATE, group, from, group[group.length - 1].to - from);
  });
  const body = new Tree(
    nodes.types[BODY],
    children,
    templates.map(group => group[0].from - start),
    text.length - start
  );
  return new Tree(nodes.types[CELL], [header, body], [0, start], text.length);
}

/** The tree of a cell whose lines are commands. */
export function linesTree(text: string): Tree {
  const lines: Tree[] = [];
  const positions: number[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('%')) {
      lines.push(branch(HEADER, headerPieces(line), 0, line.length));
      positions.push(at);
    }
    at += line.length + 1;
  }
  return new Tree(nodes.types[CELL], lines, positions, text.length);
}

/** The body without its templates, for the body's own parser. */
function gaps(body: SyntaxNodeRef): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  let at = body.from;
  for (let child = body.node.firstChild; child; child = child.nextSibling) {
    if (child.from > at) {
      ranges.push({ from: at, to: child.from });
    }
    at = child.to;
  }
  if (at < body.to) {
    ranges.push({ from: at, to: body.to });
  }
  return ranges;
}

/** Parses in one go; `null` as body is for lines that stand alone. */
class CellParser extends Parser {
  constructor(private readonly body: Parser | null) {
    super();
  }

  createParse(
    input: Input,
    fragments: readonly TreeFragment[],
    ranges: readonly { from: number; to: number }[]
  ): PartialParse {
    const body = this.body;
    const whole: PartialParse = {
      parsedPos: 0,
      stoppedAt: null,
      stopAt: () => undefined,
      advance: () => (body ? cellTree : linesTree)(input.read(0, input.length))
    };
    if (!body) {
      return whole;
    }
    const nest = parseMixed(node => {
      const overlay = node.type.id === BODY && node.type === nodes.types[BODY] ? gaps(node) : [];
      return overlay.length ? { parser: body, overlay } : null;
    });
    return nest(whole, input, fragments, ranges);
  }
}

/** Languages of our cells on top of the languages that the editor already has. */
export class CellLanguages {
  private readonly ready: Partial<Record<BodyLanguage, Extension>> = {};

  constructor(private readonly languages: IEditorLanguageRegistry) {}

  async load(body: BodyLanguage): Promise<Extension> {
    const known = this.ready[body];
    if (known) {
      return known;
    }
    const parser = body === 'lines' ? null : (await this.languages.getLanguage(MIMES[body]))?.support?.language.parser;
    const language = parser !== undefined ? [new Language(data, new CellParser(parser), [], `motadata-${body}`), marks] : [];
    return (this.ready[body] = Prec.highest(language));
  }

  /** Watches each code cell and swaps its language when its first line says so. */
  factory(): IEditorExtensionFactory<any> {
    return {
      name: 'motadata-nb:cells',
      default: true,
      schema: {
        type: 'boolean',
        title: 'Motadata cells',
        description: 'Show %%rag, %%llm, %%agent, %%prompt, %%sql, %%ml, %%generate and %%eval cells in their own language.'
      },
      factory: options => {
        const gate = new Compartment();
        const watch = this.watcher(options.model);
        return {
          instance: (on: boolean) => gate.of(on ? watch : []),
          reconfigure: (on: boolean) => gate.reconfigure(on ? watch : []) as any
        };
      }
    };
  }

  private watcher(model: CodeEditor.IModel): Extension {
    const slot = new Compartment();
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const languages = this;
    const plugin = ViewPlugin.fromClass(
      class {
        private current: BodyLanguage | null = null;
        private gone = false;

        constructor(private readonly view: EditorView) {
          model.mimeTypeChanged.connect(this.check, this);
          this.check();
        }

        update(update: ViewUpdate): void {
          if (update.docChanged) {
            this.check();
          }
        }

        destroy(): void {
          this.gone = true;
          model.mimeTypeChanged.disconnect(this.check, this);
        }

        private check(): void {
          const code = CODE.has(model.mimeType);
          const wanted = code ? bodyLanguage(this.view.state.doc.line(1).text, () => this.view.state.doc.toString()) : null;
          if (wanted !== this.current) {
            this.current = wanted;
            void this.apply(wanted);
          }
        }

        private async apply(wanted: BodyLanguage | null): Promise<void> {
          const extension = wanted ? await languages.load(wanted) : [];
          await Promise.resolve();
          if (!this.gone && this.current === wanted) {
            this.view.dispatch({ effects: slot.reconfigure(extension) });
          }
        }
      }
    );
    return [slot.of([]), plugin];
  }
}
