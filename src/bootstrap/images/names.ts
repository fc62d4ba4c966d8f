/** The images that Skiff makes itself, without any registry. */

/** Holds a pod's namespaces; containerd wants it under a full name. */
export const pauseImageName = 'skiff.local/pause:1'
/** A shell, an HTTP server, wget, nslookup and the rest of busybox. Serves /www on port 80 unless told otherwise. */
export const demoImageName = 'skiff.local/demo:latest'
