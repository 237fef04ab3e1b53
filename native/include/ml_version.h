/* major * 10000 + minor * 100 + patch, the same number as NativeVersion.Expected in Drivers/Native/NativeVersion.cs. */
#ifndef ML_VERSION_H
#define ML_VERSION_H

#define ML_VERSION 102

#endif
