import { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette, Notification, ToolbarButton } from '@jupyterlab/apputils';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookModel, INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { PageConfig } from '@jupyterlab/coreutils';
import { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { DisposableDelegate, IDisposable } from '@lumino/disposable';

export const Commands = {
  panel: 'motadata-nb:show-panel',
  load: 'motadata-nb:load',
  notebook: 'motadata-nb:new-notebook',
  serve: 'motadata-nb:serve-app',
  rag: 'motadata-nb:insert-rag',
  llm: 'motadata-nb:insert-llm',
  agent: 'motadata-nb:insert-agent',
  sql: 'motadata-nb:insert-sql'
} as const;

const LOAD = '%load_ext motadata_nb';

export interface CommandOptions {
  app: JupyterFrontEnd;
  tracker: INotebookTracker;
  trans: TranslationBundle;
  icon: LabIcon;
  palette: ICommandPalette | null;
  launcher: ILauncher | null;
  /** The name that a new cell starts with: the first index or agent of the workspace. */
  first: (section: string) => string;
}

function insertCell(panel: NotebookPanel, source: string, line: number, column: number): void {
  NotebookActions.insertBelow(panel.content);
  const cell = panel.content.activeCell;
  if (!cell) {
    return;
  }
  cell.model.sharedModel.setSource(source);
  panel.content.mode = 'edit';
  void cell.ready.then(() => {
    cell.editor?.focus();
    cell.editor?.setCursorPosition({ line, column });
  });
}

/** Runs `%load_ext motadata_nb` as a cell of its own above the rest, unless the notebook has it. */
export async function loadExtension(panel: NotebookPanel): Promise<void> {
  const has = Array.from(panel.content.model?.cells ?? []).findIndex(cell => cell.sharedModel.source.includes(LOAD));
  if (has >= 0) {
    panel.content.activeCellIndex = has;
  } else {
    panel.content.activeCellIndex = 0;
    NotebookActions.insertAbove(panel.content);
    panel.content.activeCell?.model.sharedModel.setSource(LOAD);
  }
  await NotebookActions.run(panel.content, panel.sessionContext);
}

const isLocal = () => ['localhost', '127.0.0.1', '[::1]'].includes(window.location.hostname);

/** The address of a local server as this browser reaches it: directly, or through jupyter-server-proxy. */
function reachable(port: number, path: string): string {
  return isLocal() ? `http://${window.location.hostname}:${port}/${path}` : `${PageConfig.getBaseUrl()}proxy/${port}/${path}`;
}

async function serve(panel: NotebookPanel, trans: TranslationBundle): Promise<void> {
  const kernel = panel.sessionContext.session?.kernel;
  if (!kernel) {
    Notification.error(trans.__('The notebook has no kernel to serve it with.'));
    return;
  }
  await panel.context.save();
  const name = JSON.stringify(panel.context.path.split('/').pop() ?? '');
  // The app has to know the host that this browser names, or it refuses its websocket.
  const origin = isLocal() ? '' : `, '--origin', ${JSON.stringify(window.location.host)}`;
  const waiting = Notification.emit(trans.__('Starting the app …'), 'in-progress', { autoClose: false });
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { app: `__import__('importlib').import_module('motadata_nb.dashboards.serving').start(${name}${origin})` }
  });
  const content = (await future.done).content as any;
  const answer = content.user_expressions?.app;
  const [, port, path] = /^\((\d+), '([^']*)'\)$/.exec(answer?.data?.['text/plain'] ?? '') ?? [];
  if (!port) {
    const reason = String(answer?.evalue ?? trans.__('the kernel did not answer'));
    Notification.update({ id: waiting, message: reason, type: 'error', autoClose: false });
    return;
  }
  const address = reachable(Number(port), path);
  Notification.update({
    id: waiting,
    message: trans.__('The app runs at %1', address),
    type: 'success',
    autoClose: 8000,
    actions: [{ label: trans.__('Open'), callback: () => void window.open(address, '_blank', 'noopener') }]
  });
}

export function addCommands(options: CommandOptions): void {
  const { app, tracker, trans, icon, palette, launcher, first } = options;
  const { commands, shell } = app;
  const isEnabled = () => tracker.currentWidget !== null;
  const withPanel = (run: (panel: NotebookPanel) => void | Promise<void>) => () => {
    const panel = tracker.currentWidget;
    return panel ? run(panel) : undefined;
  };
  const cell = (label: string, head: () => string) => ({
    label,
    isEnabled,
    execute: withPanel(panel => insertCell(panel, `${head()}\n`, 1, 0))
  });

  commands.addCommand(Commands.panel, {
    label: trans.__('Show the Motadata panel'),
    icon,
    execute: () => shell.activateById('motadata-nb-panel')
  });
  commands.addCommand(Commands.load, {
    label: trans.__('Load motadata_nb in this notebook'),
    isEnabled,
    execute: withPanel(loadExtension)
  });
  commands.addCommand(Commands.serve, {
    label: trans.__('Serve This Notebook as an App'),
    caption: trans.__('Turn the notebook with its AI cells into a Panel app'),
    icon,
    isEnabled,
    execute: withPanel(panel => serve(panel, trans))
  });
  commands.addCommand(Commands.notebook, {
    label: trans.__('AI notebook'),
    caption: trans.__('A notebook with motadata_nb loaded'),
    icon,
    execute: async args => {
      const panel: NotebookPanel = await commands.execute('notebook:create-new', {
        cwd: args.cwd,
        activate: true,
        kernelName: args.kernelName ?? (app.serviceManager.kernelspecs.specs?.kernelspecs.motadata ? 'motadata' : 'python3')
      });
      await panel.context.ready;
      await panel.sessionContext.ready;
      await loadExtension(panel);
      return panel;
    }
  });
  commands.addCommand(Commands.rag, cell(trans.__('Ask documents: insert a %%rag cell'), () => `%%rag ${first('indexes')}`.trimEnd()));
  commands.addCommand(Commands.llm, cell(trans.__('Ask a model: insert a %%llm cell'), () => '%%llm'));
  commands.addCommand(Commands.agent, cell(trans.__('Give a task: insert an %%agent cell'), () => `%%agent ${first('agents')}`.trimEnd()));
  commands.addCommand(Commands.sql, cell(trans.__('Query DataFrames: insert a %%sql cell'), () => '%%sql'));

  const category = trans.__('Motadata');
  Object.values(Commands).forEach(command => palette?.addItem({ command, category }));
  launcher?.add({ command: Commands.notebook, category, rank: 0 });
  launcher?.add({ command: Commands.panel, category, rank: 1 });
}

/** The "serve as app" button of each notebook's toolbar. */
export class ServeButton implements DocumentRegistry.IWidgetExtension<NotebookPanel, INotebookModel> {
  constructor(
    private readonly trans: TranslationBundle,
    private readonly icon: LabIcon
  ) {}

  createNew(panel: NotebookPanel): IDisposable {
    const button = new ToolbarButton({
      icon: this.icon,
      tooltip: this.trans.__('Serve as app'),
      onClick: () => void serve(panel, this.trans)
    });
    panel.toolbar.insertItem(10, 'motadata-serve', button);
    return new DisposableDelegate(() => button.dispose());
  }
}
