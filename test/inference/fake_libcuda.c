/* A driver of which the device is this process: memory is memory, a recorded graph counts its launches. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int allocated, recording, graphs;
int geoloc_allocated(void) { return allocated; }
int geoloc_graphs(void) { return graphs; }

int cuInit(unsigned flags) { return getenv("FAKE_CUDA_INIT") ? atoi(getenv("FAKE_CUDA_INIT")) : 0; }
int cuGetErrorString(int code, const char **text) { *text = code == 100 ? "no CUDA-capable device is detected" : NULL; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = 7; return 0; }
int cuDeviceGetName(char *name, int length, int device) { strncpy(name, "Fake Orin", length); return device != 7; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = ((size_t)30 << 30) + 4096; return device != 7; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  *value = attribute == 16 ? 16 : attribute == 75 ? 8 : attribute == 76 ? 7 : -1;
  return device != 7;
}
int cuDevicePrimaryCtxRetain(void **context, int device) { *context = &allocated; return device != 7; }
int cuCtxSetCurrent(void *context) { return context != &allocated; }
int cuMemAlloc_v2(uint64_t *pointer, size_t bytes) {
  if (bytes > ((size_t)1 << 30)) return 2;
  *pointer = (uint64_t)(uintptr_t)malloc(bytes);
  allocated++;
  return 0;
}
int cuMemFree_v2(uint64_t pointer) { free((void *)(uintptr_t)pointer); allocated--; return 0; }
int cuStreamCreate(void **stream, unsigned flags) { *stream = &recording; return flags != 1; }
int cuStreamSynchronize(void *stream) { return stream != &recording || recording; }
int cuMemcpyHtoDAsync_v2(uint64_t target, const void *source, size_t bytes, void *stream) {
  memcpy((void *)(uintptr_t)target, source, bytes);
  return stream != &recording;
}
int cuMemcpyDtoHAsync_v2(void *target, uint64_t source, size_t bytes, void *stream) {
  memcpy(target, (const void *)(uintptr_t)source, bytes);
  return stream != &recording;
}
int cuStreamBeginCapture_v2(void *stream, int mode) { recording = 1; return stream != &recording || mode != 1; }
int cuStreamEndCapture(void *stream, void **graph) { recording = 0; *graph = malloc(1); return stream != &recording; }
int cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long flags) {
  *executable = calloc(1, sizeof(int));
  graphs++;
  return graph == NULL || flags != 0;
}
int cuGraphDestroy(void *graph) { free(graph); return 0; }
int cuGraphExecDestroy(void *executable) { free(executable); graphs--; return 0; }
int cuGraphLaunch(void *executable, void *stream) { ++*(int *)executable; return stream != &recording; }
