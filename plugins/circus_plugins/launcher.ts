/** Exit statuses of the launcher: what it was asked to run can't be run, and a second try would end in the same way. */
const NO_CIRCUS = 101;
const NO_CLASS = 102;

/** Looks whether a class can be run. */
const FAULT = `import sys
def fault(use):
    try:
        from circus import plugins, util
    except ImportError as error:
        return ${NO_CIRCUS}, error
    try:
        found = util.resolve_name(use)
    except ImportError as error:
        return ${NO_CLASS}, getattr(error, 'exception', error)
    return None if callable(found) else (${NO_CLASS}, '%s is no class' % use)
`;

/** Runs a plugin by Circus's own means, after a look whether everything is there. The class is the last argument. */
export const LAUNCHER = `${FAULT}found = fault(sys.argv[-1])
if found:
    sys.stderr.write(' '.join(str(found[1]).split()) + '\\n')
    sys.exit(found[0])
from circus import plugins
plugins.main()
`;

/** Writes for each class that is an argument a line: 0, or the exit status that the launcher would end with. */
export const PROBE = `${FAULT}for use in sys.argv[1:]:
    sys.stdout.write('%d\\n' % (fault(use) or (0,))[0])
`;

/** What is wrong, and the remedy. */
export interface Verdict {
  readonly message: string;
  readonly fix: string;
}

/** What an end of the launcher means; null where it is no word of the launcher's. */
export function launcherVerdict(exit_code: number, use: string, python: string): Verdict | null {
  if (exit_code === NO_CIRCUS) {
    const fix = `run \`${python} -m pip install circus\`, or name with \`python\` the interpreter that has it`;
    return { message: `${python} can't import circus`, fix };
  }
  if (exit_code === NO_CLASS) {
    return { message: `${python} can't import ${use}`, fix: "correct `use`, or put the module's directory into PYTHONPATH" };
  }
  return null;
}

export function noPython(python: string): Verdict {
  return { message: `there is no ${python}`, fix: 'install Python, or name with `python` the interpreter that has circus' };
}
