"""What is done around the daemon, and never by it: copies of its log, exports, and how it is installed.

Everything here reads. A daemon may be running meanwhile, and is never made to wait.
"""
