/** Exit statuses of the launcher: what it was asked to run can't be run, and a second try would end in the same way. */
export const NO_CIRCUS = 101;
export const NO_CLASS = 102;

/** Runs a plugin by Circus's own means, after a look whether everything is there. The class is the last argument. */
export const LAUNCHER = `import sys
def end(status, error):
    sys.stderr.write('%s\\n' % ' '.join(str(error).split()))
    sys.exit(status)
try:
    from circus import plugins, util
except ImportError as error:
    end(${NO_CIRCUS}, error)
try:
    found = util.resolve_name(sys.argv[-1])
except ImportError as error:
    end(${NO_CLASS}, getattr(error, 'exception', error))
if not callable(found):
    end(${NO_CLASS}, '%s is no class' % sys.argv[-1])
plugins.main()
`;

/** What an end of the launcher means, and the remedy; null where it is no word of the launcher's. */
export function launcherVerdict(exit_code: number, use: string, python: string): string | null {
  if (exit_code === NO_CIRCUS) {
    return `${python} can't import circus: run \`${python} -m pip install circus\`, or name with \`python\` the interpreter that has it`;
  }
  if (exit_code === NO_CLASS) return `${python} can't import ${use}: correct \`use\`, or put the module's directory into PYTHONPATH`;
  return null;
}
