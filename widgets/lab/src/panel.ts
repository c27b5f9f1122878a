import { NotebookPanel } from '@jupyterlab/notebook';
import { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { Feed, Item, Section, Snapshot } from './feed';

export interface PanelOptions {
  feed: Feed;
  icon: LabIcon;
  trans: TranslationBundle;
  current: () => NotebookPanel | null;
  load: () => void;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text?: string
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  if (text !== undefined) {
    node.textContent = text;
  }
  return node;
}

/** The side panel: what the workspace holds. Names can be dragged into a cell, or inserted with Enter. */
export class WorkspacePanel extends Widget {
  private readonly shown = new Map<string, string>();
  private readonly open = new Map<string, boolean>();
  private readonly head = element('div', 'mn-panel-head');
  private readonly body = element('div', 'mn-panel-body');
  private readonly live = element('div', 'mn-panel-live');
  private titles: Record<string, string>;

  constructor(private readonly options: PanelOptions) {
    super();
    const { feed, icon, trans } = options;
    this.id = 'motadata-nb-panel';
    this.addClass('mn-panel');
    this.title.icon = icon;
    this.title.caption = trans.__('Motadata workspace');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Motadata workspace'));
    this.live.setAttribute('role', 'status');
    this.titles = {
      indexes: trans.__('Indexes'),
      agents: trans.__('Agents'),
      threads: trans.__('Threads'),
      models: trans.__('Models'),
      prompts: trans.__('Prompts'),
      ml: trans.__('Trained models'),
      calls: trans.__('Recent calls'),
      cost: trans.__('Cost')
    };
    this.node.append(this.head, this.body, this.live);
    feed.changed.connect((_, snapshot) => this.draw(snapshot), this);
    this.draw(feed.snapshot);
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    const first = this.body.querySelector<HTMLElement>('summary, button');
    first?.focus();
  }

  private draw(snapshot: Snapshot | null): void {
    const { trans } = this.options;
    if (!snapshot) {
      this.shown.clear();
      this.head.replaceChildren(element('div', 'mn-panel-title', trans.__('Motadata')));
      const text = trans.__('No notebook with motadata_nb is open. Load it in the current notebook to see its workspace.');
      const load = element('button', 'jp-mod-styled jp-mod-minimal mn-panel-load', trans.__('Load motadata_nb'));
      load.addEventListener('click', () => this.options.load());
      this.body.replaceChildren(element('p', 'mn-panel-empty', text), load);
      return;
    }
    const place = element('div', 'mn-panel-title', snapshot.workspace);
    place.title = snapshot.workspace;
    this.head.replaceChildren(place, element('div', 'mn-panel-note', snapshot.note));
    this.sections(snapshot.sections);
  }

  /** Redraws only the sections that changed, so that focus and open folds stay. */
  private sections(sections: Section[]): void {
    for (const stray of Array.from(this.body.children)) {
      if (!(stray as HTMLElement).dataset.section) {
        stray.remove();
      }
    }
    const wanted = new Set(sections.map(section => section.id));
    for (const node of Array.from(this.body.querySelectorAll<HTMLElement>('[data-section]'))) {
      if (!wanted.has(node.dataset.section ?? '')) {
        node.remove();
      }
    }
    sections.forEach((section, place) => {
      const text = JSON.stringify(section);
      const old = this.body.querySelector<HTMLElement>(`[data-section="${CSS.escape(section.id)}"]`);
      if (old && this.shown.get(section.id) === text) {
        return;
      }
      const focused = old?.contains(document.activeElement)
        ? (document.activeElement as HTMLElement).dataset.key
        : undefined;
      const node = this.section(section);
      if (old) {
        old.replaceWith(node);
      } else {
        this.body.insertBefore(node, this.body.children[place] ?? null);
      }
      if (focused !== undefined) {
        node.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
      }
      this.shown.set(section.id, text);
    });
  }

  private section(section: Section): HTMLElement {
    const { trans } = this.options;
    const node = this.fold(section.id, true);
    node.dataset.section = section.id;
    const summary = element('summary', 'mn-panel-section');
    summary.dataset.key = section.id;
    summary.append(
      element('span', 'mn-panel-section-title', this.titles[section.id] ?? section.title),
      element('span', 'mn-panel-count', String(section.items.length + (section.more ?? 0)))
    );
    const list = element('ul', 'mn-panel-list');
    list.append(...section.items.map(item => this.row(section.id, item)));
    if (!section.items.length) {
      list.append(element('li', 'mn-panel-empty', trans.__('None yet')));
    }
    if (section.more) {
      list.append(element('li', 'mn-panel-empty', trans.__('and %1 more', section.more)));
    }
    node.append(summary, list);
    return node;
  }

  private row(path: string, item: Item): HTMLElement {
    const key = `${path}/${item.name}`;
    const row = element('li', 'mn-panel-row');
    const line = this.line(key, item);
    if (!item.children?.length) {
      row.append(line);
      return row;
    }
    const open = this.open.get(key) ?? false;
    const list = element('ul', 'mn-panel-list');
    list.append(...item.children.map(child => this.row(key, child)));
    list.hidden = !open;
    const toggle = element('button', 'mn-panel-toggle');
    toggle.dataset.key = `${key}/fold`;
    toggle.setAttribute('aria-label', this.options.trans.__('Contents of %1', item.name));
    toggle.setAttribute('aria-expanded', String(open));
    toggle.addEventListener('click', () => {
      list.hidden = !list.hidden;
      this.open.set(key, !list.hidden);
      toggle.setAttribute('aria-expanded', String(!list.hidden));
    });
    row.classList.add('mn-panel-parent');
    row.append(toggle, line, list);
    return row;
  }

  private line(key: string, item: Item): HTMLElement {
    const { trans } = this.options;
    const insert = item.insert ?? '';
    const line = element(insert ? 'button' : 'div', 'mn-panel-line');
    line.append(element('span', 'mn-panel-name', item.name));
    if (item.detail) {
      const detail = element('span', item.attention ? 'mn-panel-detail mn-attention' : 'mn-panel-detail', item.detail);
      line.append(' ', detail);
    }
    line.title = item.tip ?? item.name;
    if (insert) {
      line.dataset.key = key;
      line.draggable = true;
      line.setAttribute('aria-description', trans.__('Enter inserts the name into the current cell'));
      line.addEventListener('dragstart', event => (event as DragEvent).dataTransfer?.setData('text/plain', insert));
      line.addEventListener('click', () => this.insert(insert));
    }
    return line;
  }

  private fold(key: string, open: boolean): HTMLDetailsElement {
    const node = element('details', 'mn-panel-fold');
    node.open = this.open.get(key) ?? open;
    node.addEventListener('toggle', () => this.open.set(key, node.open));
    return node;
  }

  private insert(text: string): void {
    const { trans } = this.options;
    const editor = this.options.current()?.content.activeCell?.editor;
    if (!editor) {
      this.live.textContent = trans.__('Open a notebook and choose a cell first.');
      return;
    }
    editor.replaceSelection?.(text);
    editor.focus();
    this.live.textContent = trans.__('%1 inserted', text);
  }
}
