/**
 * The variables that are kept of an event log's `allvariables` line, which holds all 2,300 of the configuration.
 *
 * A list of what may be kept and not of what may not: the rest holds proxy URLs with passwords, tokens set in conf files, HOME and
 * command lines, and nobody can name tomorrow's secret. Kept are those that say what was built and on what terms, so that two
 * builds can be compared, and none whose value can be an URL. TMPDIR is the one path: task logs are below it.
 */
export const KEPT_VARIABLES: readonly string[] = [
  // what was built
  'MACHINE',
  'DISTRO',
  'DISTRO_VERSION',
  'DISTRO_CODENAME',
  'DISTRO_FEATURES',
  'MACHINE_FEATURES',
  'IMAGE_FEATURES',
  'EXTRA_IMAGE_FEATURES',
  'IMAGE_FSTYPES',
  'PACKAGE_CLASSES',
  'INIT_MANAGER',
  'TCLIBC',
  'TCMODE',
  'TOOLCHAIN',
  'GCCVERSION',
  'SDKMACHINE',
  // for and on which system
  'TARGET_SYS',
  'BUILD_SYS',
  'BUILD_ARCH',
  'TUNE_FEATURES',
  'DEFAULTTUNE',
  'NATIVELSBSTRING',
  'ORIGNATIVELSBSTRING',
  // with what
  'BB_VERSION',
  'LAYERSERIES_CORENAMES',
  'METADATA_BRANCH',
  'METADATA_REVISION',
  'INHERIT',
  'USER_CLASSES',
  'BBMULTICONFIG',
  'BB_CURRENT_MC',
  'BB_DEFAULT_TASK',
  'BB_SIGNATURE_HANDLER',
  // how hard
  'BB_NUMBER_THREADS',
  'BB_NUMBER_PARSE_THREADS',
  'PARALLEL_MAKE',
  'PARALLEL_MAKEINST',
  'BB_SCHEDULER',
  'BB_TASK_NICE_LEVEL',
  'BB_PRESSURE_MAX_CPU',
  'BB_PRESSURE_MAX_IO',
  'BB_PRESSURE_MAX_MEMORY',
  'BB_LOADFACTOR_MAX',
  'BB_NO_NETWORK',
  // which run, and where its logs are
  'BUILDNAME',
  'TMPDIR',
];

/** Read for one fact and not kept: the layers' paths give their names, the console log's name when configuration was parsed. */
export const READ_VARIABLES: readonly string[] = ['BBLAYERS', 'BB_CONSOLELOG'];

/** A feature list of a large distribution has 3,000 characters. */
export const VARIABLE_CHARS_MAX = 8192;
